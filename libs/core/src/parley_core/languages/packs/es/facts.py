"""Spanish facts: amounts, times, denials, and how a business speaks about itself."""

import re

from parley_core.languages.fact_words import FactWords
from parley_core.languages.phrases import words

FACTS = FactWords(
    money=words("euro euros dolar dolares peso pesos centimo centimos eur usd"),
    percent=words("porciento ciento"),
    hours=words("horas h am pm"),
    units=words(
        """minuto minutos hora horas dia dias semana semanas mes meses ano anos vez veces persona personas noche noches
        planta plantas sesion sesiones clase clases kilometro kilometros metro metros"""
    ),
    free=re.compile(r"\b(?:gratis|gratuit[oa]s?|sin (?:coste|costo|cargo)|no cuesta nada)\b"),
    quarters={
        re.compile(r"\b(\w+) y media\b"): (0, 30),
        re.compile(r"\b(\w+) y cuarto\b"): (0, 15),
        re.compile(r"\b(\w+) menos cuarto\b"): (-1, 45),
    },
    spans={"tres cuartos de hora": "45 minutos", "un cuarto de hora": "15 minutos", "media hora": "30 minutos"},
    weekend=words("finde"),
    denials=words("no nunca sin ni tampoco ningun ninguna nadie nada"),
    closed=words("cerrado cerrada cerrados cerradas"),
    opens=words("abierto abierta abiertos abiertas abrimos abre abren"),
    states=re.compile(
        r"\b(?:tenemos|ofrecemos|aceptamos|admitimos|abrimos|cerramos|hablamos|cobramos|cuestan?|hay|puede|pueden|"
        r"se puede|incluye|estamos)\b"
    ),
    stop=words(
        """el la los las un una unos unas de del al a en y o u que con por para su sus mi mis nuestro nuestra nuestros
        nuestras es son esta estan este ese eso esto lo le les se si ya muy mas pero como cuando donde hay tenemos puede
        usted ustedes nosotros me te nos tambien todo todos toda todas ser estar hasta desde"""
    ),
    titles=words("doctor doctora dr dra senor senora sr sra don dona"),
    never_names=words("usted ustedes sr sra dr dra ok"),
)
