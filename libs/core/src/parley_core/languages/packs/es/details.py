"""Spanish money, birthdays and postal addresses."""

import re

from parley_core.languages.phrases import words
from parley_core.languages.value_words import Details

DETAILS = Details(
    currencies={
        "euro": "EUR", "euros": "EUR", "eur": "EUR", "pavos": "EUR", "€": "EUR",
        "dolar": "USD", "dolares": "USD", "usd": "USD", "$": "USD",
        "libra": "GBP", "libras": "GBP", "gbp": "GBP", "£": "GBP",
        "peso": "MXN", "pesos": "MXN", "mxn": "MXN",
    },
    hundredths=words("centimo centimos centavo centavos centimito"),
    bounds=words("hasta maximo minimo menos mas como hora dia mes persona noche semana cada"),
    joins=words("con y"),
    money={
        "EUR": ("euro", "euros"), "USD": ("dólar", "dólares"), "GBP": ("libra", "libras"), "MXN": ("peso", "pesos"),
    },
    hundredth=("céntimo", "céntimos"),
    born=(r"(?:el )?(?:dia )?<day>(?: de)? <month>(?: de| del)?(?: ano)? <year>",),
    years=(r"(?P<year>\d{4})", r"(?P<rest>\d{2})"),
    streets=re.compile(
        r"^(?:calle|c|avenida|avda|av|plaza|plazuela|paseo|camino|carretera|ronda|travesia|callejon|glorieta|rambla|"
        r"cuesta|pasaje|via|urbanizacion)$"
    ),
    number_last=True,
    address_lead=re.compile(
        r"(?:eh|em|pues|bueno|vale|si|hola|y|por favor|es|seria|vivo|vivimos|en|estoy|estamos|la|el|mi|nuestra|nuestro|"
        r"direccion|domicilio|casa|apunte|anote|ponga|envielo a|mandelo a)(?=[ ,]|$)"
    ),
    near=words("cerca lado frente detras junto entre esquina enfrente o"),
)  # fmt: skip
