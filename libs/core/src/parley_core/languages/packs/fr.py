"""French: what it is called, how its speakers begin, and emergencies."""

import re

from parley_core.languages.pack import Pack
from parley_core.languages.phrases import listed
from parley_core.languages.talk_words import Safety

PACK = Pack(
    tag="fr",
    lacks=listed(
        """says, backchannels, sounds, endings, wishes, answered, answers, carriers, numbers, calendar, naming,
        addresses, details, aloud, slots, written, intents, talk, claims, facts, guard, search, reports,
        recognition, safety.asks_diagnosis, safety.gives_diagnosis, safety.card"""
    ),
    names=("french", "français", "francais", "francés", "frances", "französisch", "francese"),
    openings=("bonjour", "bonsoir", "allô"),
    safety=Safety(
        emergency=re.compile(
            r"\b(?:mal|douleurs?|oppression) (?:a|dans|de|fortes? a) (?:la |ma |sa )?poitrine\b|"
            r"\b(?:ne|n'arrive (?:pas|plus) a|du mal a|peine a|arrive pas a) (?:plus )?respire[rz]?\b|"
            r"\brespire (?:plus|pas)\b|"
            r"\b(?:crise cardiaque|infarctus|avc|attaque cerebrale|overdose|surdose)\b|\bfait une attaque\b|"
            r"\b(?:inconsciente?|evanouie?|s'etouffe|s'est effondree?|ne se reveille (?:pas|plus))\b|"
            r"\bsaigne (?:beaucoup|enormement|abondamment)\b|\bhemorragie\b|\bperd beaucoup de sang\b|"
            r"\b(?:me|se) (?:suicider|tuer)\b|\bsuicid\w*|\bmettre fin a (?:mes|ses) jours\b|\bveux mourir\b|"
            r"\bavale (?:du poison|des medicaments|de la javel)\b|\bc'est une urgence\b|"
            r"\bappelez (?:une ambulance|les secours|le samu)\b|\bbesoin d'une ambulance\b|"
            r"\b(?:douleurs?|pression|oppression|mal) (?:dans|a|au) (?:la |ma |sa )?poitrine\b|"
            r"\b(?:ne|n'arrive|n'arrivons|peux|peut|arrive)\b.*\b(?:pas|plus|a peine) (?:a )?respirer\b|"
            r"\bne respire (?:pas|plus)\b|\b(?:j')?etouffe\b|\bs'etouffe\b|\bcrise cardiaque\b|\binfarctus\b|\bavc\b|"
            r"\binconscient\w*\b|\b(?:s'est )?evanoui\w*\b|\bperdu connaissance\b|\bne (?:reagit|repond|bouge|"
            r"se reveille) (?:pas|plus)\b|\bsaigne (?:beaucoup|enormement|abondamment)\b|\b(?:perd|"
            r"perds) (?:beaucoup de|"
            r"du) sang\b|\barrete pas de saigner\b|\bconvulsion\w*\b|\bsuicid\w*|\bme tuer\b|\benvie de mourir\b|"
            r"\bveux (?:mourir|en finir)\b|\bplus envie de vivre\b|\b(?:pris|avale) (?:tous|toutes|trop de|"
            r"une boite)\b|"
            r"\boverdose\b|\bsurdose\b|\bempoisonn\w+|\b(?:c'est|j'ai) une urgence\b|\burgence (?:medicale|vitale)\b|"
            r"\bune ambulance\b|\bappelez (?:le )?(?:samu|15|112|les pompiers|les secours)\b|\bgorge (?:gonfle|"
            r"se ferme)\b|"
            r"\ba (?:un couteau|une arme|un pistolet)\b|\bveut me tuer\b|\bodeur de gaz\b"
        )
    ),
)
