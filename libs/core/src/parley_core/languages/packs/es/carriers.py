"""Spanish words around values."""

from parley_core.languages.carrier_words import Carriers
from parley_core.languages.phrases import listed, words

CARRIERS = Carriers(
    around=listed(
        """por favor, gracias, muchas gracias, muchísimas gracias, eh, em, mmm, hmm, ah, oh, pues, bueno, entonces,
        vale, de acuerdo, muy bien, bien, perfecto, claro, sí, sí por favor, ok, okey, okay, venga, hola, buenos
        días, buenas tardes, buenas noches, buenas, buen día, mire, oiga, a ver, déjeme ver, vamos a ver, quizá,
        quizás, tal vez, a lo mejor, creo, creo que, yo creo que, pienso que, quiero, quisiera, querría, quería,
        queremos, queríamos, querríamos, me gustaría, nos gustaría, me gusta, preferiría, prefiero, preferimos,
        necesito, necesitamos, deseo, deseamos, busco, buscaba, puede ser, podría ser, podría, podríamos, puede,
        pueden, puedo, podemos, sería posible, es posible, sería, será, es, está, están, son, somos, seremos,
        seríamos, vamos a ser, en total, unos, unas, doy, le doy, móvil, teléfono, correo, era, tiene, tienen,
        tendrían, tendría, tengo, hay, habría, hubiera, habrá, estaría, estaría bien, me va bien, me viene bien, me
        vendría bien, nos viene bien, nos va bien, me iría bien, me conviene, me vale, nos vale, me sirve, me parece
        bien, me queda bien, viene bien, va bien, iría bien, vendría bien, suena bien, está bien, genial, estupendo,
        fenomenal, algo, alguna cosa, algún hueco, un hueco, hueco, libre, disponible, abierto, si puede ser, si es
        posible, si se puede, si pudiera ser, si hay, si tienen, si puede, si no es molestia, póngame, apúnteme,
        anóteme, resérveme, deme, déjeme, déjelo, ponga, apunte, anote, reserve, reservar, agendar, pedir, pedir
        cita, hacer, concertar, cita, la cita, una cita, una reserva, reserva, turno, un turno, hora, una hora, día,
        fecha, para, a, en, de, del, al, el, la, los, las, lo, un, una, uno, y, con, mi, mis, su, me, nos, te, se,
        le, yo, usted, ustedes, que, eso, esto, esa, ese, este, esta, ahí, allí, aquí, también, otra vez, digamos,
        diga, ir, venir, pasar, pasarme, acercarme, estar, tener, habla, hablando, llamo, por, sobre, hacia,
        pasarnos, soy, dar, darme, me puede dar, me da, me daría, me pueden dar, diría, yo diría que, diría que,
        digamos que, yo creo, me apunto, me quedo con, quedamos, podemos quedar, me interesa, elijo, escojo,
        elegiría, cojo, tomo, preferentemente, por ejemplo, la verdad, si le parece, si no le importa, si me hace el
        favor, hágame el favor, podrían, podrá, querrá, quedaría, queda, quedar, encajaría, me encaja, cuadra, me
        cuadra, perfectamente, de maravilla, sin problema, hacen, dan, poner, ponerme, apuntar, apuntarme, anotar,
        visita, consulta, servicio, idealmente, simplemente, solo quería, nada, la respuesta es, se lo agradezco, le
        agradezco, qué tal, qué le parece, le parece, le parece bien, le va bien, le viene bien, cómo ve, mejor
        dicho sería, me pasaría, iría, iremos, estoy, lo más cómodo, lo mejor, había pensado, había pensado en,
        pensaba, pensaba en, serían, llámeme, llámeme al, tome nota, mi móvil es el, con eso, para mí, encajar,
        personas, gente, podemos decir, decimos, decir que, podríamos decir"""
    ),
    unclear=listed(
        """mi cita, mi reserva, mi turno, mi cita es, mi reserva es, tengo una cita, tenía una cita, tenía cita, tengo
        cita, tengo una reserva, tenía una reserva, tengo reserva, tenía reserva, algo con, algo así como"""
    ),
    takes_back=listed(
        """no, no no, no no no, espera, espere, no espera, no espere, espera no, espere no, espérese, un momento, no un
        momento, perdón, perdone, perdona, no perdón, perdón no, ay perdón, ay no, uy no, uy, uy perdón, disculpe,
        disculpa, no disculpe, lo siento, no lo siento, borre eso, olvide eso, olvídelo, me equivoqué, me he
        equivocado, me equivoco, error, error mío, es un error, no es eso, eso no, eso no es, está mal, eso está
        mal, cancele eso, qué digo, que no, ay qué tonto, ay qué tonta, no es así"""
    ),
    puts_right=listed(
        """sino, sino que, sino el, sino a, sino para, mejor, mejor dicho, o mejor, o mejor dicho, no mejor, mejor que
        sea, que sea, que sean, digo, quiero decir, quise decir, quería decir, o sea, en realidad, no en realidad,
        más bien, o más bien, cámbielo a, cámbielo por, cambie a, cámbialo a, cámbialo por, corrijo, corrección,
        rectifico, debería ser, tendría que ser, en todo caso, de hecho, no digo, perdón quise decir, perdón quería
        decir, perdón digo, no quise decir, no quería decir, lo correcto es, dije, he dicho, póngalo, póngala,
        pásela, pásela a, pásalo a, póngala el, ponga mejor, o no, o espere, prefiero mejor, mejor ponga,
        casi que sea, casi pero que sea, casi pero, casi mejor"""
    ),
    nots=listed(
        """no es, no era, no soy, no me llamo, no somos, no quiero, no puedo, no podemos, no me va bien, no me viene
        bien, no me va, no nos viene bien, en vez de, en lugar de, en vez del, en lugar del, excepto, excepto el,
        salvo, salvo el, menos el, nada de, no son, no quise decir el, no he dicho, no dije, no digo, y no, ni, no
        quería, tampoco, cualquiera menos, cualquier cosa menos, todo menos, puede que sea, quizás sea, quizá sea, a
        lo mejor es, tal vez sea, no tengo, yo no, no está, no existe, yo no no"""
    ),
    doubtful=words("no"),
    no=words("no"),
    but=listed("pero, pero sí, es"),
    turning=words("pero"),
    alters=words(
        """antes después despues hasta desde entre o u hace último ultimo última ultima pasado pasada cada todo todos
        toda todas excepto menos más mas que nunca no ni media medio cuarto doble triple extra semana semanas mes
        meses año años otro otra próximo próxima proximo proxima siguiente sin salvo durante"""
    ),
)
