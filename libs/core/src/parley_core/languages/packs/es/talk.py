"""Spanish in conversations: what callers want, guardrails. Without accents, as the patterns are asked."""

import re

from parley_core.languages.phrases import words
from parley_core.languages.talk_words import Intents, Safety, Search

INTENTS = Intents(
    goodbye=re.compile(r"\b(?:adios|hasta luego|hasta pronto|hasta la vista|chao)\b"),
    thanks=re.compile(r"\b(?:gracias|agradezco)\b"),
    greeting=re.compile(r"^(?:hola|buenas|buenos dias|buenas tardes|buenas noches)(?: (?:hola|buenas|otra vez))?$"),
    cancel=re.compile(
        r"\b(?:cancele(?:lo|la)?|cancelar|anule(?:lo|la)?|anular|dejelo|olvidelo|he cambiado de idea|ya no quiero|"
        r"no quiero (?:reservar|nada|la cita|seguir)|no reserve|pare)\b|^(?:nada|dejalo)$"
    ),
    message=re.compile(r"\b(?:mensaje|recado|nota|me llamen|llamenme|llameme|me llame|devolver la llamada)\b"),
    question=re.compile(
        r"^(?:eh |y |pues |bueno |vale |hola |si |perdone |perdon |antes |una pregunta |oiga )*"
        r"(?:que|cual|cuales|cuando|donde|adonde|quien|quienes|por que|como|cuanto|cuanta|cuantos|cuantas|tienen|tiene|"
        r"hay|puedo|se puede|puede|podria|es|esta|estan|aceptan|hacen|tengo que|debo|quisiera saber|queria saber|"
        r"me gustaria saber|digame|tengo una pregunta)\b"
    ),
    wish=re.compile(
        r"\b(?:reservar|pedir|concertar|agendar|hacer una|tengo que|quiero|quisiera|querria|necesito|me gustaria)\b"
    ),
    moves=re.compile(
        r"\b(?:cambiar|mover|aplazar|posponer|adelantar|pasar|cambie|mueva|cambiarla|cambiarlo|moverla|moverlo|"
        r"pasarla)\b"
        r"(?=.*\b(?:cita|reserva|visita|consulta|hora|la|lo|clase)\b)(?:.*\b(?:al|a la|a|para el) (.+)$)?"
    ),
    cancels=re.compile(
        r"\b(?:cancelar|anular|cancele|anule)\b(?=.*\b(?:cita|reserva|visita|consulta|mesa|clase)\b)|"
        r"\bno (?:puedo|podre) (?:ir|acudir|asistir)\b"
    ),
    follows=re.compile(r"^(?:y |que tal |tambien |no no |me refiero )"),
    whom=re.compile(
        r"\bcon (?:el |la )?(?:doctora? |dra? |senora? )+([a-z]+)"
        r"(?= (?:el|la|a|manana|hoy|para|por|lunes|martes|miercoles|jueves|viernes)\b|$)"
    ),
    proposes=re.compile(
        r"\b(?:tienen|tiene|hay|habria|puede ser|podria ser|que tal|seria posible|se puede|puede|pueden|puedo|"
        r"podria|libre|"
        r"disponible|posible|le va bien|le viene bien)\b"
    ),
    stop=words(
        """yo un una el la los las lo para de del en a al y o es me mi con por favor quiero quisiera querria necesito
        gustaria puedo podria le se su tener hola buenos buenas dias tardes que este esta eso esto"""
    ),
    person=re.compile(r"\b(?:persona|companer[oa]|agente|operador|operadora|humano|alguien)\b"),
    repeat=re.compile(
        r"\b(?:repita|repitalo|puede repetir|otra vez|como dice|que ha dicho)\b|^(?:perdon|perdone|como|que)$"
    ),
    resume=re.compile(
        r"^(?:no |si |vale |perdon |perdone |disculpe |lo siento )*(?:siga|sigue|continue|continua|adelante|diga|"
        r"digame)"
        r"(?: por favor)?$"
    ),
)

_NOT_NOW = r"(?<!no hay )(?<!no tengo )(?<!sin )"
SAFETY = Safety(
    asks_diagnosis=re.compile(
        r"\b(?:tengo|tendre|puede que tenga|sera) (?:la |una |un )?(?:gripe|covid|infeccion|cancer|diabetes|migrana|"
        r"neumonia|alergia)\b"
        r"(?= o\b| verdad|.*\?)|\btengo (?:gripe|covid|cancer) o\b|\bque (?:tengo|me pasa)\b(?! que)|\bes (?:grave|"
        r"peligroso|contagioso|"
        r"normal)\b|\b(?:que|cual|cuant[ao]s?) (?:medicinas?|medicamentos?|pastillas?|dosis|"
        r"antibioticos?)\b.*\b(?:debo|puedo|tomar|"
        r"tomo)\b|\bdebo (?:tomar|dejar de tomar)\b"
    ),
    emergency=re.compile(
        rf"{_NOT_NOW}\b(?:dolor|presion|opresion) (?:en el|de) pecho\b|\bme duele (?:mucho )?el pecho\b|"
        r"\bno (?:puedo|puede|consigue|consigo) respirar\b|\b(?:no|dejo de|ha dejado de) respira\w*\b|"
        r"\bme (?:ahogo|asfixio)\b|"
        r"\bse (?:ahoga|asfixia|esta ahogando|esta asfixiando)\b|\binfarto\b|\bataque (?:al corazon|cardiaco)\b|"
        r"\bderrame cerebral\b|\b(?:tiene|teniendo|con|un) (?:un )?ictus\b|\bconvulsion\w*\b|\binconsciente\b|"
        r"\bse ha desmayado\b|\bse desmayo\b|\bno (?:reacciona|despierta|se despierta|responde)\b|"
        r"\b(?:sangra|sangrando|sangro) mucho\b|\bno (?:para|deja) de sangrar\b|\bhemorragia\b|\bsuicid\w*|"
        r"\bquiero morir(?:me)?\b|\b(?:matarme|quitarme la vida|hacerme dano)\b|\bsobredosis\b|\benvenen\w+|"
        r"\btragado (?:veneno|lejia|pastillas)\b|\bse me (?:cierra|hincha) la garganta\b|\b(?:es|"
        r"tengo) una (?:emergencia|"
        r"urgencia)\b|\bemergencia medica\b|\b(?:una|la) ambulancia\b|"
        r"\b(?:he |ha |me he |se ha )?(?:tomado|tome|tomo|tragado|trago|bebido|bebio) (?:todas?|todos?|"
        r"demasiad\w+|muchas|"
        r"un monton de|una caja|el bote)\b.*\b(?:pastillas?|medicinas?|medicamentos?|capsulas?|somniferos?)?|"
        r"\bme falta (?:el )?aire\b|\bcasi no (?:puedo |puede )?respir\w+|\bno me entra (?:el )?aire\b|"
        r"\b(?:labios|cara) (?:azules|azul|morad\w+)\b|\bsangre (?:no para|por todas partes)\b|\bperdiendo (?:mucha )?"
        r"sangre\b|\bno deja de sangrar\b|\bno (?:se mueve|contesta|vuelve en si)\b|\bse ha (?:caido redondo|"
        r"desplomado)\b|\bopresion en el pecho\b|\b(?:pecho|brazo izquierdo) (?:dormido|me aprieta|entumecido)\b|"
        r"\b(?:media|mitad de la) cara\b|\bno (?:puede|puedo) mover (?:el|la) (?:brazo|pierna|cara|lado)\b|"
        r"\bno quiero (?:seguir viviendo|vivir)\b|\bacabar con todo\b|\bquiere matar(?:me|nos)?\b|"
        r"\btiene (?:una pistola|un cuchillo)\b|\bhuele a gas\b|\bfuego en (?:la|mi) casa\b"
    ),
    card=re.compile(
        r"\b(?:numero de (?:la |mi )?tarjeta|tarjeta de (?:credito|debito)|visa|mastercard|codigo de seguridad)\b"
    ),
)

SEARCH = Search(question_marks=words("p pregunta"), answer_marks=words("r respuesta"))
