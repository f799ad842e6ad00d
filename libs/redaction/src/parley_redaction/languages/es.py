"""Spanish: what is said before personal data, and numbers as they are dictated."""

import re

from parley_core.languages.phrases import listed, words

from parley_redaction.languages.words import PrivateWords

_ONES = listed(
    """cero, uno, dos, tres, cuatro, cinco, seis, siete, ocho, nueve, diez, once, doce, trece, catorce, quince, dieciseis,
    diecisiete, dieciocho, diecinueve, veinte, veintiuno, veintidos, veintitres, veinticuatro, veinticinco, veintiseis,
    veintisiete, veintiocho, veintinueve"""
)
_TENS = {3: "treinta", 4: "cuarenta", 5: "cincuenta", 6: "sesenta", 7: "setenta", 8: "ochenta", 9: "noventa"}
_HUNDREDS = listed(
    """cien, doscientos, trescientos, cuatrocientos, quinientos, seiscientos, setecientos, ochocientos, novecientos"""
)

PRIVATE = PrivateWords(
    figures={word: str(value) for value, word in enumerate(_ONES)}
    | {"un": "1", "una": "1"}
    | {word: f"{ten}0" for ten, word in _TENS.items()}
    | {
        f"{word} y {one}": f"{ten}{value}"
        for ten, word in _TENS.items()
        for value, one in enumerate(_ONES[:10])
        if value
    }
    | {word: f"{at}00" for at, word in enumerate(_HUNDREDS, start=1)}
    | {
        f"{hundred}{middle} {one}": f"{at}{value:02d}"
        for at, hundred in enumerate(["ciento", *_HUNDREDS[1:]], start=1)
        for value, one in enumerate(_ONES)
        if value
        for middle in ("",)
    }
    | {
        f"{hundred} {word}{rest}": f"{at}{ten}{value}"
        for at, hundred in enumerate(["ciento", *_HUNDREDS[1:]], start=1)
        for ten, word in _TENS.items()
        for value, rest in [(0, ""), *((v, f" y {one}") for v, one in enumerate(_ONES[:10]) if v)]
    }
    | {"dos mil": "2000", "mil": "1000"},
    zeros={"mil": "000"},
    repeats={"doble": 2, "triple": 3},
    within=words("eh em y guion espacio luego este barra es"),
    months=words("enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre"),
    date_words=words("el de del dia ano en primero y"),
    card=re.compile(r"\b(?:(?:numero de (?:la |mi )?)?tarjeta(?: de (?:credito|debito))?|visa|mastercard|amex)\b"),
    code=re.compile(r"\b(?:cvv|cvc|codigo de seguridad|tres (?:digitos|numeros|cifras) de(?:l reverso| atras))\b"),
    phone=re.compile(
        r"\b(?:telefono|movil|celular|fijo|llam(?:ame|eme|arme|enme|ar)|localizarme|contactarme|whatsapp|mi numero|fax)\b"
    ),
    account=re.compile(r"\b(?:iban|(?:numero de )?cuenta(?: bancaria| corriente)?|clabe|swift)\b"),
    social=re.compile(
        r"\b(?:seguridad social|numero de afiliacion|nuss|dni|nie|nif|documento de identidad|rfc|curp)\b"
    ),
    record=re.compile(
        r"\b(?:historia(?:l)? clinic[ao]|expediente(?: medico| clinico)?|numero de paciente|tarjeta sanitaria|"
        r"numero de asegurad[oa]|numero de historia)\b"
    ),
    birth=re.compile(r"\b(?:naci(?:do|da)?|nacimiento|cumpleanos|nacio)\b"),
    harmless=re.compile(
        r"\b(?:pedido|reserva|referencia|confirmacion|factura|seguimiento|billete|habitacion|vuelo|precio|total|modelo|serie|"
        r"articulo|codigo postal|euros?|pesos|dolares|por ciento|localizador|mesa|tren|incidencia|presupuesto|poliza|cupon|"
        r"version|pagina|ticket|contador)\b"
    ),
    last_figures=re.compile(r"\b(?:termina(?:da|do)? en|acaba(?:da|do)? en|ultim[oa]s (?:cuatro|tres|dos))\b"),
    name=re.compile(
        r"\b(?:me llamo|mi (?:nombre(?: completo)?|apellido) es|mis apellidos son|a nombre de|el nombre es|soy (?:el|la) "
        r"(?:senora?|senor|doctora?)|(?:mi )?(?:marido|mujer|esposo|esposa|hijo|hija|madre|padre) se llama|se llama|de parte de)\b"
    ),
    weak_name=re.compile(r"(?:^|[,.;!?] )(?:(?:hola|si|buenos dias|buenas tardes|buenas),? )*(?:soy|habla|le habla)\b"),
    name_ends=words(
        "y mi el la los que quiero quisiera necesito llamo llamaba para por con de telefono numero gracias favor en a pero me "
        "es nacido nacida tengo desde hay una un si le su al porque o como mi no"
    ),
    no_names=words(
        "el la un una de yo muy cliente nuevo nueva paciente alergico alergica mayor amigo hermano hermana su mi quien que el "
        "para con capaz consciente vegetariano vegetariana socio socia usuario usuaria residente medico profesor profesora "
        "diabetico diabetica estudiante autonomo autonoma el esto no"
    ),
    closings=words("habla llamando"),
    particles=words("de del la las los y san santa"),
    at=words("arroba"),
    dot=words("punto"),
    joints=words("guion bajo"),
    address=re.compile(
        r"\b(?:calle|avenida|avda|plaza|paseo|carrer|camino|carretera|ronda|travesia|c/)(?: (?:de|del|la|las|los|el))*"
        r"(?: (?!numero\b|en\b)[a-z]+){1,4}? ?,? (?:numero )?(?:\d+ ?){1,3}(?: ?,? ?(?:piso|puerta|bajo|escalera|izquierda|derecha)"
        r"(?: \w+)?)*(?: ?,? \d{5})?(?: ?,? (?:en |de )?(?:madrid|barcelona|sevilla|valencia|bilbao|malaga|zaragoza|granada))?"
    ),
)
