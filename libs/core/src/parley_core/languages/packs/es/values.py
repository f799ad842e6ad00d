"""Spanish names, addresses, and how callers speak of a flow's values. Without accents, as they are compared."""

import re

from parley_core.languages.phrases import listed, words
from parley_core.languages.value_words import Addresses, NameWords, Slots

NAMES = NameWords(
    introductions=re.compile(
        r"(?:\b(?:mi|el) nombre(?: completo)?(?: es| seria)?|\bme llamo|\byo soy|\bsoy|\ble habla|\baqui|\bhabla|"
        r"\ba nombre de|\bde parte de|\bpara|\bes|\bseria)\s+(.+)$"
    ),
    weak=re.compile(r"(?:soy|yo soy|le habla|aqui|habla|a nombre de|de parte de|para|es|seria)\s"),
    strong=re.compile("nombre|llamo"),
    introducing=words("nombre es llamo soy me mi"),
    speaking=re.compile(r"^(?:hola |buenas |si )*(.+?) (?:al habla|al aparato|para servirle|es mi nombre)\b"),
    stops=words(
        """y mi mis telefono movil numero quisiera quiero querria necesito para por favor gracias pero con se es el al
        en a deletreo deletreado con un una lo le me que su aqui llamo llamaba muchas"""
    ),
    fillers=words(
        """apunte anote ponga eh em mmm bueno pues si claro vale ok okey hola buenas buenos dias tardes por favor ah oh
        es perdon perdone disculpe a ver mire oiga de acuerdo"""
    ),
    hesitations=listed("eh, em, mmm"),
    closings=words("gracias muchas favor por al habla para servirle"),
    never=words(
        """habla hablo que cual cuando donde quien como por para cuanto cuanta cuantos es son era fue estoy esta estan
        soy puede puedo podria quiero quisiera querria necesito tengo tiene hay haber ir voy va venir no si claro
        vale bien mal correcto exacto incorrecto reservar reserva cita turno visita consulta medico doctor doctora
        dentista seguro abierto cerrado horario horarios lunes martes miercoles jueves viernes sabado domingo manana
        hoy ayer pasado tarde noche mediodia semana mes ano hora horas dia fecha numero telefono movil nombre
        apellido apellidos llamo llamar llamada ayuda pregunta perdon perdone repetir repita cancelar hola adios
        gracias favor hablar persona alguien algo nada el la los las lo un una unos unas mi tu su nuestro nuestra me
        te se le nos yo usted ustedes el ella ellos y e o u pero entonces aqui alli ahi muy solo quiza quizas tal
        vez cambiar espere espera momento uno dos tres cuatro cinco seis siete ocho nueve diez once doce cero media
        cuarto punto arroba a en de del al con sin sobre desde hasta llamando busco buscaba buscando dolor enfermo
        precio cuesta cuanto pagar aparcar direccion saber creo pienso decir digo dar deme dame antes despues luego
        perfecto genial estupendo buenos buenas nuevo nueva paciente cliente cualquiera ninguno ninguna otro otra
        mismo misma mejor poner ponga apunte anote todo todos toda todas tambien nunca siempre madre padre hijo hija
        marido mujer esposa esposo amigo amiga hermano hermana mio mia mesa habitacion cuenta deletrear deletreo
        letra letras mayuscula empresa parte espero recuerdo olvide sino casi enero febrero marzo abril mayo junio
        julio agosto septiembre octubre noviembre diciembre primero primera segundo ah ay eh em mmm oh eso esto ese
        este esa digame diga aunque porque menos mas salvo excepto antiguamente antes soltera casada igual diferente
        completo segundo corto tampoco nadie dice escribe ve be uve doble mal dicho"""
    ),
    also=words("abril julio mayo domingo angel"),
    dated=words("mayo domingo"),
    by_part=re.compile(
        r"\b(?:mi |el |de |y )*(nombre|primer nombre|nombre de pila|apellido|primer apellido|apellidos)"
        r"(?: es| son| seria)?\s+(.+?)"
        r"(?=(?: y)?(?: mi| el| mis| los| de)? (?:nombre|primer nombre|primer apellido|apellidos?)\b|$)"
    ),
    first=frozenset(listed("nombre, primer nombre, nombre de pila")),
    honorifics=words("don dona senor senora senorita"),
    spelled=re.compile(
        r"\b(?:(?:que |y )?(?:se )?(?:deletrea|deletreado|escribe|escrito)|lo deletreo|se lo deletreo|deletreo)"
        r"(?: es| asi)?\b"
    ),
    as_in=re.compile(r"\b(?:la )?([^\W\d_]) (?:de|como en|como de|como) [^\W\d_]{3,}\b"),
    capital=re.compile(r"\b(?:mayuscula|minuscula) (?=[^\W\d_]\b)"),
    alphabet=frozenset(),
    letters={
        "be": "b", "be larga": "b", "be alta": "b", "ce": "c", "de": "d", "eñe": "ñ", "efe": "f", "ge": "g",
        "hache": "h", "i latina": "i", "jota": "j", "ka": "k", "ele": "l", "eme": "m", "ene": "n",
        "ene con tilde": "ñ", "pe": "p", "cu": "q", "erre": "r", "ere": "r", "ese": "s", "te": "t", "uve": "v",
        "ve": "v", "ve corta": "v", "ve baja": "v", "uve doble": "w", "doble ve": "w", "doble uve": "w",
        "equis": "x", "i griega": "y", "ye": "y", "zeta": "z",
    },
    joins=words("y e"),
    single=words("a e o u y"),
    particles=words("de del la las los"),
    titles=words("dr dra doctor doctora el la con don dona senor senora"),
)  # fmt: skip

ADDRESSES = Addresses(
    about=re.compile(
        r"\b(?:y )?(?:mi |el |la |un )?(?:(?:direccion de )?(?:correo(?: electronico)?|e ?-?mail|mail))\b"
    ),
    before=re.compile(
        r"^(?:(?:buenos dias|buenas tardes|buenas noches|buenas|eh|em|mmm|pues|bueno|vale|si|hola|y|claro|por favor|ah|"
        r"oh|mi (?:direccion de )?(?:correo(?: electronico)?|e[ -]?mail|mail)(?: es)?|"
        r"(?:el |la |un )?(?:direccion de )?(?:correo(?: electronico)?|e[ -]?mail|mail)(?: es)?|"
        r"(?:mi |la )?direccion(?: es)?|es|seria|apunte|anote|tome nota|"
        r"(?:me )?(?:puede|pueden) (?:escribir|escribirme|contactarme|mandarlo|enviarlo) (?:a|en)|"
        r"(?:mandelo|envielo|escribame|escriba) a)\s+)+"
    ),
    behind=re.compile(
        r"(?:\s+(?:por favor|gracias|muchas gracias|todo (?:junto|en minusculas|seguido)|en minusculas|en una palabra|"
        r"sin espacios|eh|em|mmm|eso es|eso es todo|ya esta|vale))+$"
    ),
    one_word=re.compile(r"\b(?:todo (?:junto|seguido)|en una (?:sola )?palabra|sin espacios)\b"),
    at=("arroba", "@"),
    signs={
        "punto": ".", "guion bajo": "_", "raya baja": "_", "barra baja": "_", "subguion": "_", "guion": "-",
        "guion medio": "-", "menos": "-", "mas": "+", "signo mas": "+",
    },
    unclear=re.compile(r"doble|triple|cien|mil"),
    hosts={
        "g mail": "gmail", "ge mail": "gmail", "gemail": "gmail", "jemail": "gmail", "gimeil": "gmail",
        "hot mail": "hotmail", "out look": "outlook", "i cloud": "icloud",
    },
)  # fmt: skip

SLOTS = Slots(
    about={
        "datetime": re.compile(r"\b(?:hora|dia|fecha|cuando|hueco)\b"),
        "date": re.compile(r"\b(?:dia|fecha|cuando)\b"),
        "time": re.compile(r"\b(?:hora|cuando)\b"),
        "person": re.compile(r"\b(?:nombre|apellidos?|llamo)\b"),
        "phone": re.compile(r"\b(?:telefono|numero|movil|celular)\b"),
        "email": re.compile(r"\b(?:correo|email|e mail|mail)\b"),
        "money": re.compile(r"\b(?:importe|cantidad|precio|presupuesto)\b"),
        "address": re.compile(r"\b(?:direccion|calle|domicilio|codigo postal|ciudad)\b"),
        "spelled": re.compile(r"\b(?:letras?|deletreado)\b"),
        "date_of_birth": re.compile(r"\b(?:fecha de nacimiento|nacimiento|(?:yo )?naci|nacido|nacida|cumpleanos)\b"),
        "membership": re.compile(r"\b(?:numero de (?:socio|socia|afiliado|cliente|poliza)|socio|afiliado|poliza)\b"),
    },
    phone=re.compile(
        r"\b(?:y )?(?:mi |el |un )?(?:numero (?:de )?)?(?:telefono|movil|celular)(?: (?:movil|de contacto|fijo))?\b|"
        r"\bmi numero(?: es)?\b|\bel numero es\b"
    ),
    time_of=re.compile(r"\bhora\b"),
    day_of=re.compile(r"\b(?:dia|fecha)\b"),
    greeting=re.compile(r"^(?:(?:hola|eh|em|mmm|si) )*(?:buenos dias|buenas tardes|buenas noches) "),
    topics=re.compile(
        r"\b(?:y )?(?:(?:mi|el) nombre(?: completo)?(?: es)?|me llamo)\b|\by (?:soy|yo soy)\b"
    ),
    named=re.compile(r"\b(?:nombre(?: es)?|me llamo)\b"),
    counts=re.compile(
        r"\b(?:(?:una )?(?:mesa|reserva|habitacion) para [a-z0-9]+(?: (?:personas|comensales))?|"
        r"(?:para )?[a-z0-9]+ (?:personas|comensales|adultos)|somos [a-z0-9]+)\b"
    ),
    ones=words("el la los las opcion talla tamano"),
    nouns={
        "datetime": "el día y la hora", "date": "el día", "time": "la hora", "person": "el nombre",
        "phone": "el número de teléfono", "email": "el correo electrónico", "number": "el número",
        "money": "el importe",
        "address": "la dirección",
        "spelled": "el deletreo",
        "date_of_birth": "la fecha de nacimiento",
        "membership": "el número de socio",
    },
)  # fmt: skip
