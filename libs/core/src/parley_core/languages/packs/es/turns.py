"""Spanish in turn-taking: signs of listening, wishes for a language, who answers the phone."""

import re

from parley_core.languages.phrases import listed
from parley_core.languages.turn_words import Answered, Wishes

BACKCHANNELS = listed(
    "sí, ajá, vale, ya, claro, mhm, ok, okay, de acuerdo, entiendo, entendido, perfecto, bien, muy bien, eso"
)
SOUNDS = listed("""mhm, m, m hm, hm, ah, oh, aha, ajá, aja, ajam, aham, eh, ujum, uhum, u hum, mjm, m jm, uh huh""")

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
