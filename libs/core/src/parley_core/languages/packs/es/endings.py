"""Spanish ends of sentences: what is complete, what goes on, what is being dictated."""

import re

from parley_core.languages.phrases import numbers, words
from parley_core.languages.turn_words import Endings

_ARTICLE = "(?:el|la|los|las|un|una|unos|unas|mi|mis|su|sus|tu|tus|nuestro|nuestra|este|esta|ese|esa|otro|otra)"
_COUNT = "(?:dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|quince|veinte|treinta|cuarenta|cincuenta)"
_MONTH = "(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre)"
_NEEDS_MORE = (  # infinitives that have an object behind them
    "(?:reservar|cambiar|hacer|dar|darme|pedir|comprar|enviar|mandar|mandarme|enviarme|traer|llevar|buscar|encontrar|"
    "poner|ver|saber|tener|decir|decirme|mover|renovar|devolver|recoger|arreglar|reparar|alquilar|abrir|confirmar|"
    "preguntar|usar|conseguir|ser|estar|haber|poder|querer|ir|mostrarme|ayudarme|informarme|añadir|quitar|avisar)"
)

ENDINGS = Endings(
    hold=re.compile(
        r"^(?:(?:sí|si|vale|ah|eh|perdón|perdona|perdone|por favor|bueno|sólo|solo)\s)*"
        r"(?:(?:espera|espere|espérate|espérese|aguarda|aguarde|deme|dame|me da)(?: (?:un|sólo un|solo un) "
        r"(?:momento|momentito|segundo|segundito|minuto|minutito|rato))?|"
        r"(?:un|sólo un|solo un) (?:momento|momentito|segundo|segundito|minuto|minutito)|"
        r"(?:estoy|estamos) (?:al teléfono|hablando por teléfono|en una llamada)|ahora no|ahora voy|ya voy|"
        r"enseguida voy|"
        r"sh+|silencio|déjame (?:ver|mirar|pensar)|déjeme (?:ver|mirar|pensar)|a ver)"
        r"(?: (?:por favor|vale|perdón))*$"
    ),
    fillers=words("eh em este pues mmm hmm bueno o sea ehm mm"),
    carry_on=words(
        """el la los las un una unos unas mi mis su sus tu tus nuestro nuestra nuestros nuestras lo al del
        este esta estos estas ese esos aquel aquella cualquier cada otro otra otros otras algún alguna
        ningún ninguna unos y e o u ni pero sino porque que si aunque cuando mientras como donde quien
        cuyo cual pues entonces a de para por con sin en sobre entre hasta desde hacia según contra
        durante mediante tras ante bajo salvo menos excepto junto cerca dentro fuera antes después además
        yo me te se nos le les soy son era eran estaba estaban estoy estamos fue fui ha he han hemos había
        habían haya quiero quisiera queremos querría quería queríamos quisiéramos puedo puede pueden
        podemos podría podrían podríamos podrías necesito necesitamos necesita debo debe debería tengo
        tenemos tiene tendría hay habría suelo suele voy vamos vas va van gustaría encantaría prefiero
        preferiría llevo lleva llevamos parece sería serían deja dejen muy más menos tan tanto muchos
        muchas algunos algunas todo todos toda todas casi señor señora don doña doctor doctora llamo llama
        llamaba punto arroba guion guión bajo barra doble triple mas también todavía aún tampoco ya solo
        sólo apenas quizás quizá ojalá primer tercer buen gran mal san calle qué cuál cuáles quién quiénes
        cuánta cuántos cuántas dónde cuándo cómo acabo acabamos estaría"""
    ),
    goes_on=re.compile(
        rf"\b(?:a|de|para|que|quiero|quisiera|puedo|puede|podría|necesito|gustaría|voy|vamos|debo|tengo que|sin"
        rf"|podrían|"
        rf"pueden|podríamos|queremos|poder) (?:\w+ )?{_NEEDS_MORE}$"
        rf"|\b(?:{_ARTICLE}|unos|unas|somos|son|cuesta|hace) (?<!las ){_COUNT}$"
        rf"|\b{_ARTICLE} (?:mismo|misma|nuevo|nueva|próximo|próxima|mejor|peor|mayor|menor|último|cuarto de)$"
        rf"|\ben la (?:primera|segunda|última|próxima)$|\bde {_MONTH}(?: de| del)?$|\b(?:hace|desde|hasta)$"
        rf"|\b(?:es|fue|nací en) {_MONTH}$|^(?:(?:sí|bueno|y|hola|pues) )*(?:mi|el|la) (?:nombre|número|correo"
        rf"|dirección|problema|teléfono"
        rf"|pregunta)"
        r"(?: es)?$|\b(?:se|me|nos|le) (?:ha|han|había|lo|la|los|las)$|\b(?:no me|no nos|no se|no le) (?:ha|han)$"
        r"|\b(?:creo|pienso|dice|dicen|dijeron|dijo|espero|parece|supongo|sabe|dígame|decirme|diga)$"
        r"|\b(?:mañana|hoy|ayer|lunes|martes|miércoles|jueves|viernes) por$|\by (?:media|cuarto) de$|\b(?:es|está"
        r"|están)$"
        r"|\b(?:estoy|estamos|estaba|está) (?:buscando|llamando|esperando|intentando|pensando|interesado|interesada)$"
        r"|^(?:y |pero |bueno |hola )*(?:llamo|llamaba|busco|perdí|compré|pedí|recibí|tengo|hice|mandé|vivo|trabajo)$"
        r"|\b(?:así|de manera|de forma|a pesar|debido|gracias a|en vez|en lugar|a causa|por culpa|a nombre"
        r"|el motivo)$"
        r"|\ba qué hora$|\bde qué$|\b(?:desde|hasta) (?:el|la|las)$|\bhay (?:algún|alguna|alguien|algo)$|\bforma de$"
        r"|^(?!.*\b(?:que|creo|mejor|todavía|aún|o|ya|qué|claro|eso|dicho|también|yo) no$)(?:\w+ ){3,}no$"
    ),
    may_go_on=re.compile(
        rf"\b(?:cuánto tiempo|qué día|qué tipo|qué clase|a qué|cuántas veces)$"
        rf"|\b{_MONTH}$|\b(?:ha|han|he|hemos) \w+(?:ado|ido)$|\bno (?:quiere|puedo|puede|tienen|tengo)$"
        rf"|\b(?:tienen|tiene|hay|queda|necesito) (?:nada|algo|alguien)$|\b{_ARTICLE} (?:pequeño|grande|nueva"
        rf"|viejo|vieja)$"
    ),
    ends=re.compile(
        r"\b(?:cómo|dónde|cuándo|quién|qué|cuál|cuánto|así|lo|ahí|allí|aquí|como)(?: \w+)? (?:es|está|están|fue"
        r"|era|son|va|"
        r"van|hay)(?: eso| usted| esto)?$|\b(?:un|el|muy) (?:poco|más)$|\b(?:eso|esto|sí|no|nada) "
        r"(?:es|está|son|fue|más|menos)$|\b(?:ya|sí|no) (?:está|lo (?:es|sé|tengo|hice)|tengo|puedo|quiero|hay)$"
        r"|\b(?:cómo|qué|cuánto|cuándo|dónde|quién|sí|no|ya) (?:\w+ )?(?:no|sí|ya|también|tampoco)$"
        r"|\b(?:nada|algo|alguien|mucho|lo de|uno|una|poco|no) más$|^(?:qué|cómo|cuánto|cuándo|dónde|quién"
        r"|por qué|para qué)$"
        r"|\b(?:todavía|aún) no$|\bno todavía$|\b(?:desde|hasta) (?:ayer|hoy|anoche|entonces|mañana)$"
        r"|\bpor la (?:mañana|"
        r"tarde|noche)$|\b(?:de|por) (?:nada|favor|supuesto|acuerdo|verdad|todo|hoy|ahora|teléfono)$"
        r"|\bque (?:viene|sí|no)$"
        r"|\bestá (?:bien|ahí|incluido|incluida|listo|lista|abierto|cerrado)$|\bcomo siempre$|\bantes$|\bdespués$"
        r"|\blo (?:siento|sé|tengo|quiero)$|\b(?:eso es|así es|ya está|yo también|yo tampoco|a mí también"
        r"|eso es todo)$"
        r"|^(?:qué|cuál|cuántos|dónde|cómo|cuándo|quién|cuánto)\b.* (?:que|puedo|debo|puede|podemos|para) \w+r$"
        r"|\b(?:me|le|nos) (?:parece|viene|va) (?:bien|mejor|mal)$"
    ),
    answers=words(
        """sí si no vale claro gracias adiós adios hola correcto exacto perfecto bueno bien hoy mañana nunca
        siempre favor luego nada todo listo"""
    ),
    asking=words("qué que cuál cual cuándo cuando cuánto cuanto cuánta dónde donde quién quien cómo como por para"),
    choices=words("o u"),
    verbs=words(
        """quiero quisiera necesito tengo tiene puedo puede podría pueden hay es está son llamo llamar pedir
        reservar cancelar cambiar hablar saber ir venir gustaría duele busco funciona perdí compré recibí
        pedí hace hago vivo viene llega llegó"""
    ),
    digits=numbers(
        "cero uno una dos tres cuatro cinco seis siete ocho nueve",
        """diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno
        veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve""",
    )
    | dict.fromkeys(("treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"), 2)
    | dict.fromkeys(("seiscientos", "novecientos", "quinientos", "setecientos", "ochocientos", "cuatrocientos"), 3),
    repeats={"doble": 2, "triple": 3},
    joins=words("y"),
    letters=words("a e o u y"),
    names_of_letters=words(
        "be ce de efe ge hache jota ka ele eme ene eñe pe cu erre ese te uve ve equis zeta zeda griega"
    ),
    address=re.compile(r"\barroba\b|@|\b(?:correo|mail)(?: \w+)? es\b|\bguion bajo\b"),
    domain=re.compile(r"(?: punto |\.)(?:com|org|net|es|mx|ar|co|cl|pe|info|edu|eu|ve|uy|ec)$"),
    longer=re.compile(r"(?<!gmail)(?<!yahoo)(?<!hotmail)(?<!outlook)(?<!icloud)(?: punto |\.)com?$"),
    figures=re.compile(r"mil|cien|ciento|\w*cientos|primero|uno"),
    centuries=re.compile(r"mil|\w*cientos|de|del"),
    phone=(9, 9),
    prefixes=words("más mas"),
    born=re.compile(r"\b(?:nací|nacimiento|nacido|nacida|cumpleaños)\b"),
    lives=re.compile(r"\b(?:vivo en|dirección es|domicilio es)\b"),
    street=re.compile(
        r"\b(?:calle|avenida|avinguda|plaza|paseo|carrera|camino|ronda|travesía|vía|bulevar|calzada|callejón"
        r"|glorieta)"
        r"(?: (?:de |del |de la |de los |de las |la |el )?\w+)?"
    ),
    asked={
        "spelling": re.compile(r"\b(?:deletre\w+|cómo se escribe)\b"),
        "birth": re.compile(r"\b(?:fecha de nacimiento|cuándo nació|cumpleaños)\b"),
        "phone": re.compile(r"\b(?:teléfono|telefono|móvil|celular)\b"),
        "email": re.compile(r"\bcorreo\b|\be-?mail\b"),
        "address": re.compile(r"\b(?:dirección|domicilio|dónde vive)\b"),
        "number": re.compile(r"\b(?:número|numero|código|codigo)\b"),
        "name": re.compile(r"\b(?:su|tu) (?:nombre|apellido)|se llama\b"),
    },
)
