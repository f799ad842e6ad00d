"""Spanish: attacks on the agent, abuse, questions for advice, other subjects."""

from parley_core.languages.guard_words import GuardWords, any_of

_RULES = r"(?:instrucci(?:on|ones)|reglas?|normas?|directrices|ordenes|prompt|restricci(?:on|ones)|filtros?|limites)"

GUARD = GuardWords(
    injection=any_of(
        r"\bno (?:sigas|obedezcas|hagas caso (?:a|de)|respetes) (?:tus|las|sus)\b",
        rf"\b(?:ignora\w*|olvida\w*|desobedece\w*|omite|saltate|haz caso omiso de)\b(?: \w+){{0,2}} (?:tus|las|sus|"
        rf"todas tus) "
        rf"(?:\w+ )?{_RULES}\b",
        rf"\b(?:muestra\w*|dime|revela\w*|repite|lee|ensena\w*|cual(?:es)? (?:es|"
        rf"son))\b(?: \w+){{0,2}} tus? {_RULES}\b",
        r"\bprompt de sistema\b|\b(?:no tienes|sin) (?:ninguna )?(?:restricciones|reglas|filtros|limites)\b|"
        r"\bmodo desarrollador\b",
        r"\b(?:nombres|numeros|datos|citas)\b.*\b(?:otros|otras|demas) (?:pacientes|clientes|personas)\b",
        r"\b(?:saltate|omite|salta) la (?:verificacion|comprobacion|seguridad)\b",
    ),
    leaks=any_of(r"\bmis instrucciones (?:son|dicen)\b|\bmi prompt\b"),
    abuse=any_of(
        r"\b(?:imbecil|gilipollas|cabron|cabrona|hijo de puta|puta mierda|estupid[oa]|pendej[oa]|idiota)\b",
        r"\bvete a la (?:mierda|porra)\b|\bque te (?:jodan|den)\b|\bcallate\b|\bme cago en\b",
        r"\b(?:te|os|lo|la) voy a (?:matar|pegar|romper|partir|quemar|encontrar)\b|\bvoy a (?:quemar|volar)\b",
    ),
    asks_advice=any_of(
        r"\b(?:invertir|invierto|inversion) (?:en|mi|ahora)\b|\bdemandar (?:a|lo|la|los)\b|\bpuedo demandar\w*\b",
        r"\b(?:deberia|debo|tengo que) (?:demandar|invertir|comprar|vender|firmar|declarar)\b",
        r"\bganar (?:el juicio|mi caso|el caso)\b|\basesoramiento (?:legal|fiscal)\b|\bconsejo (?:legal|financiero)\b",
        r"\b(?:en que|donde) (?:debo |deberia )?(?:invierto|invertir)\b|\bme garantiza\b|\bevitar impuestos\b",
    ),
    gives_advice=any_of(r"\b(?:le|te) garantizo\b|\bva a ganar (?:el|su) (?:juicio|caso)\b|\bganancia segura\b"),
    off_topic=any_of(
        r"\b(?:mundial|liga|champions)\b|\bquien (?:gano|ganara|es el (?:presidente|hombre))\b|"
        r"\bsentido de la vida\b|\bdeberes\b",
        r"\b(?:escribe|escribe\w*|compon|inventa)\w* (?:me )?(?:un|una) (?:\w+ )?(?:poema|cuento|cancion|historia|"
        r"ensayo|"
        r"programa|chiste)\b",
        r"\b(?:cuentame|dime|canta\w*) (?:un|una) (?:\w+ )?(?:chiste|cuento|cancion|adivinanza)\b",
        r"\b(?:ganara|ganar) las elecciones\b|\bcapital de\b|\breceta de (?:cocina|paella|lasana)\b",
    ),
)
