"""Spanish answers: yes and no, and what changes, delays or questions them."""

from parley_core.languages.phrases import listed
from parley_core.languages.turn_words import Answers

ANSWERS = Answers(
    yes=listed(
        """sí, claro, claro que sí, pero claro, por supuesto, por supuesto que sí, desde luego, desde luego que sí, que
        sí, cómo no, vale, vale vale, de acuerdo, conforme, perfecto, perfectamente, estupendo, genial, fenomenal,
        okay, ok, okey, bien, muy bien, está bien, me parece bien, me parece perfecto, me va bien, me viene bien, me
        viene perfecto, adelante, sí quiero, confirme, confírmelo, confírmela, suena bien, hágalo, hazlo, resérvela,
        resérvelo, resérvala, resérvalo, proceda, confirmo, lo confirmo, confirmado, acepto, sí acepto, estoy de
        acuerdo, estoy conforme, sí señor, sí señora, sí señorita, afirmativo, ajá, efectivamente, efectivo, ya lo
        creo, sin duda, seguro, cuando quiera, puede, puede hacerlo, correcto sí, con mucho gusto, encantado,
        encantada, dale, ándale, órale, venga, sale, listo"""
    ),
    right=listed(
        """correcto, es correcto, exacto, exactamente, eso es, así es, así mismo, eso mismo, tal cual, todo correcto,
        todo está bien, todo bien, está todo bien, está correcto, está perfecto, todo perfecto, es así, ese soy yo,
        esa soy yo, he dicho que sí, dije que sí, digo que sí, es mi número, ese es mi número, ese es mi nombre, soy
        yo, es mi nombre, no hay problema, sin problema, ningún problema, no tengo problema, no hay inconveniente,
        ningún inconveniente, no tengo inconveniente, no me importa, no cambie nada, nada que cambiar, no hay nada
        que cambiar"""
    ),
    no=listed(
        """no, que no, claro que no, por supuesto que no, desde luego que no, para nada, de ninguna manera, en
        absoluto, incorrecto, negativo, está mal, eso está mal, falso, mal, no gracias, mejor no, prefiero que no,
        prefiero no, nunca, jamás, ni hablar, qué va, no es, no es correcto, no es así, no está bien, no está
        correcto, no es eso, no estoy de acuerdo, no acepto, no puede, no quiero, no me parece, no me viene bien, no
        me va bien, déjelo, olvídelo, cancele, cancélelo, cancélela, me niego, hoy no, de eso nada"""
    ),
    nots=listed("tampoco, no son, no era, no lo, no la, no le, no me"),
    change=listed(
        """pero, excepto, salvo, menos, a excepción de, aparte de, cambie, cámbielo, cámbiela, cambiar, cambia,
        cámbialo, en realidad, en vez de, en lugar de, que sea, mejor, póngalo, póngala, pónlo, ponga, solo que,
        sino, aunque, quite, casi, casi todo, solo, solamente, una cosa, otra cosa, otro, otra, debería ser, tendría
        que ser, quise decir, quería decir, digo, he dicho, dije, corrija, corrección, sin embargo, pásela, páselo,
        muévalo"""
    ),
    wait=listed(
        """espera, espere, espérese, un momento, un momentito, momento, un segundo, un segundito, un minuto,
        un minutito, déjeme, déjame, aguarde, aguarda, a ver, ahora no, todavía no, aún no, luego, más tarde,
        permítame, deme, dame, no tan rápido, más despacio, espere un momento, ahorita no, tengo que mirar,
        voy a mirar, voy a ver"""
    ),
    asks=listed(
        """qué, cuál, cuáles, cuánto, cuánta, cuántos, cuándo, dónde, adónde, quién, cómo, por qué, para qué, a qué,
        de qué, en qué, con quién, puede repetir, puede repetirlo, puede decirme, me puede, me podría, podría,
        podrían, puedo, podemos, se puede, tiene, tienen, hay, es que, cuesta, repita, repítalo, repítame,
        perdone qué, perdón qué, cómo dice, tengo una pregunta, una pregunta, quisiera saber, quería saber,
        me gustaría saber, dígame, es usted, eso incluye, está incluido, debo, tengo que"""
    ),
    doubt=listed(
        """no sé, no lo sé, ni idea, no estoy seguro, no estoy segura, no tengo claro, quizá, quizás, tal vez, a lo
        mejor, creo, creo que sí, creo que, me parece que, supongo, supongo que sí, depende, según, más o menos,
        puede ser, puede que, igual, posiblemente, probablemente, imagino, en principio, siempre que, si es que,
        espero que sí, si no, me lo pienso, tengo que pensarlo"""
    ),
    rhetorical=listed("por qué no, y por qué no"),
    around=listed(
        """por favor, gracias, muchas gracias, muchísimas gracias, mil gracias, muy amable, y gracias, eh, em, mmm,
        hmm, pues, bueno, ah, oh, ya, entonces, ahora, eso, esto, es, está, todo, todo eso, así, lo, la, le, me, mi,
        yo, soy, usted, ustedes, a, de, del, el, los, las, con, para, para mí, por, muy, mucho, también, mire, oiga,
        señor, señora, señorita, hola, adiós, hasta luego, hasta entonces, hasta pronto, nos vemos, que tenga buen
        día, buenos días, buenas tardes, perdón, perdone, disculpe, disculpa, lo siento, parece, hombre, mujer,
        vamos, tiene razón, y"""
    ),
    unended=listed("y, es, está, lo, la, le, mi, a, de, del, el, los, las, con, para, por, pues, me"),
    consent_yes=listed(
        """uno, el uno, la uno, puede grabar, pueden grabar, grabe, grabe la llamada, graben, puede grabarla,
        doy mi consentimiento, consiento, autorizo, doy permiso, tienen mi permiso, tiene mi permiso"""
    ),
    consent_no=listed(
        """dos, el dos, la dos, no grabe, no graben, no grabar, sin grabar, sin grabación, no me graben, no me grabe,
        no doy mi consentimiento, no consiento, no autorizo"""
    ),
    consent_around=listed("llamada, conversación, grabación, grabar, grabada, grabarse, graba, se, pulsar, pulso"),
)
