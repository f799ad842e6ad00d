"""Spanish in turn-taking: the ends of sentences, signs of listening, wishes for a language, who answers the phone."""

import re

from parley_core.languages.phrases import listed, numbers, words
from parley_core.languages.turn_words import Answered, Endings, Wishes

BACKCHANNELS = listed("sí, ajá, vale, ya, claro, mhm, ok, okay, de acuerdo")
SOUNDS = listed("""mhm, m, m hm, hm, ah, oh, aha, ajá, aja, ajam, aham, eh, ujum, uhum, u hum, mjm, m jm, uh huh""")

ENDINGS = Endings(
    fillers=words("eh em este pues mmm hmm bueno o sea"),
    carry_on=words(
        """el la los las un una unos unas mi mis su sus tu tus y o pero porque que si aunque cuando mientras como
        a de del al para por con sin en sobre entre hasta desde hacia según
        soy son era están estoy he ha hemos han quiero quisiera querría puedo puede podría necesito
        tengo tiene muy más menos cada otro otra señor señora doctor doctora llamo llama punto arroba guion"""
    ),
    answers=words(
        """sí si no vale claro gracias adiós adios hola correcto exacto perfecto bueno bien hoy mañana nunca siempre
        favor luego nada todo listo"""
    ),
    asking=words("qué que cuál cual cuándo cuando cuánto cuanto cuánta dónde donde quién quien cómo como por"),
    choices=words("o u"),
    verbs=words(
        """quiero quisiera necesito tengo tiene puedo puede podría pueden hay es está son llamo llamar pedir
        reservar cancelar cambiar hablar saber ir venir gustaría duele busco"""
    ),
    digits=numbers(
        "cero uno una dos tres cuatro cinco seis siete ocho nueve",
        """diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte treinta cuarenta
        cincuenta sesenta setenta ochenta noventa""",
    ),
    repeats={"doble": 2, "triple": 3},
    letters=words("a e o u y"),
    address=re.compile(r"\barroba\b|@|\bcorreo es\b"),
    domain=re.compile(r"(?: punto |\.)(?:com|org|net|es|mx|ar|co|cl|pe|info|edu)$"),
    asked={
        "phone": re.compile(r"\b(?:teléfono|telefono|móvil|celular)\b"),
        "email": re.compile(r"\bcorreo\b|\be-?mail\b"),
        "number": re.compile(r"\b(?:número|numero|código|codigo)\b"),
        "name": re.compile(r"\b(?:su|tu) (?:nombre|apellido)|se llama|deletrear\b"),
    },
)

WISHES = Wishes(
    speak=listed(
        """hablar, habla, hablas, hable, hablo, hablamos, seguir, sigamos, continuar, cambiar, cambie, cambiemos,
        prefiero, atender, atienda, atiéndame"""
    ),
    into=listed("en, a, al, me, con, usted"),
    closing=listed("en"),
    nots=listed("nunca, tampoco, sin, nada, ni"),
    no=listed("no"),
    denied=listed(
        """hablo, habla, hablar, hablas, sé, entiendo, entender, comprendo, puedo, quiero, prefiero, me, en, bien, se,
        más, el, de"""
    ),
    polite=listed("por, favor, gracias, sí, si, hola, perdón, perdone, disculpe, no, vale, eh"),
    around=listed(
        """puede, puedes, podemos, podría, podríamos, quiero, quisiera, me, gustaría, hablar, habla, hablas, hablo,
        hablamos, usted, ustedes, en, seguir, sigamos, continuar, cambiar, cambie, cambiemos, a, al, el, idioma,
        prefiero, alguien, que, hable, hay, se"""
    ),
    joins=listed("""y, o, pero, porque, que, ahora, si, mejor, necesito, quiero, quisiera, no, aquí, entonces"""),
)

ANSWERED = Answered(
    person=re.compile(
        r"\b(él|ella) no (está|se encuentra)|\bno (está|se encuentra) en (este|estos) momento|\b(está|anda) reunid[oa]"
        r"|\b(quiere|desea|le gustaría) (dejar(le)?|que le (diga|deje))|\ble (doy|dejo|paso) (el |un )?(recado|mensaje)"
        r"|\b(yo )?(le|se lo) (digo|doy|paso)\b|\bde parte de quién\b",
        re.IGNORECASE,
    ),
    machine=re.compile(
        r"\b(deje|deja|dejar|déjenos|déjame|déjeme) (su|tu|un|el) (mensaje|recado|nombre)"
        r"|después de (la señal|oír la señal|escuchar la señal|el tono|del tono)"
        r"|tras (la señal|el tono)|al oír (la señal|el tono)|buzón( de voz)?"
        r"|contestador|no (puedo|podemos|puede) (atender|atenderle|atenderte|contestar|ponerme)|grabe su mensaje"
        r"|((número|teléfono|abonado|usuario|cliente)( \w+){0,4} no (está|se encuentra) disponible"
        r"|apagado o fuera de cobertura)\b",
        re.IGNORECASE,
    ),
    menu=re.compile(
        r"\b((pulse|marque|presione|oprima|diga) (el )?(\d|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|cero"
        r"|asterisco|almohadilla|numeral)|para \w+( \w+){0,3},? (pulse|marque|presione|diga)"
        r"|menú principal|siguientes opciones"
        r"|escuche (atentamente|con atención)|su llamada (es (muy )?importante|(puede|podrá) ser grabada))\b",
        re.IGNORECASE,
    ),
    screening=re.compile(
        r"\b(diga su nombre|quién (llama|es usted|habla)|(el )?motivo de (su|la) llamada|por qué llama"
        r"|filtro de llamadas|asistente (virtual|de google))\b",
        re.IGNORECASE,
    ),
)
