"""French: what it is called, and how its speakers begin."""

import re

from parley_core.languages.pack import Pack
from parley_core.languages.phrases import listed
from parley_core.languages.talk_words import Safety

PACK = Pack(
    tag="fr",
    lacks=listed(
        """says, backchannels, sounds, endings, wishes, answered, answers, carriers, numbers, calendar, naming,
        addresses, details, aloud, slots, written, intents, talk, claims, guard, search, reports,
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
            r"\bappelez (?:une ambulance|les secours|le samu)\b|\bbesoin d'une ambulance\b"
        )
    ),
)
