"""Spanish words that are no names, for recognisers that are told an agent's names ahead of a call."""

from parley_core.languages.phrases import words
from parley_core.languages.talk_words import Recognition

_COMMON = """
yo tú usted él ella ello nosotros vosotros ustedes ellos ellas me te se nos os le les lo la los las mi mis tu tus su
sus nuestro nuestra este esta esto estos estas ese esa eso esos esas aquel aquella el un una unos unas al del de a en
con sin por para sobre entre hasta desde hacia y e o u pero sino porque que si cuando como donde quien quienes cual
cuales cuánto qué cómo cuándo dónde quién cuál no sí ni nada nadie algo alguien todo todos toda todas cada otro otra
otros otras mismo más menos muy también tampoco ya aún sólo solo así entonces luego después antes ahora hoy mañana ayer
es son era eran soy está están estoy fue ser estar hay ha han he tiene tienen tengo puede pueden puedo quiero quiere
quisiera debe deben hace hacer ir va van voy ver dar decir llamar pedir traer abrir abierto cerrado gracias hola favor
nuevo nueva primero primera último última próximo próxima hora horas
"""

RECOGNITION = Recognition(common=words(_COMMON))
