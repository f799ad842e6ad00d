"""What a Spanish-speaking agent says when it claims an effect or promises one."""

import re

from parley_core.languages.claim_words import ClaimWords, patterns

_SOON = r"(?: (?:ya|ahora|también|acaba de ser|correctamente))*"
_I_HAVE = r"\b(?:(?:ya )?(?:te|le|se|os|les)? ?(?:l[ao]s? )?(?:he|hemos|acabo de|acabamos de))(?: ya)? "
_IS = rf"(?:{_SOON} (?:está|están|queda|quedan|ha quedado|han quedado|ha sido|han sido|fue)){_SOON}"
_VISIT = r"(?:cita|reserva|mesa|visita|sesión|clase|consulta|hora|turno|plaza|habitación)s?"
_YOUR = rf"\b(?:su|tu|la|esa)(?: \w+){{0,2}}? {_VISIT}(?: [\w:.]+){{0,6}}?{_IS} "
_NOTE = r"(?:mensaje|sms|correo|e-?mail|confirmación|enlace|recibo|código|recordatorio|factura|whatsapp)s?"
_SOMEBODY = r"(?:alguien|un compañero|una compañera|un colega|nuestro equipo|un agente)"

CLAIMS = ClaimWords(
    done=patterns(
        booked=rf"""
            {_I_HAVE}(?:reservad[oa]|reservar|apuntad[oa]|apuntar|agendad[oa]|agendar|programad[oa]|programar|confirmad[oa]|inscrit[oa])\b
            {_I_HAVE}(?:hecho|hacer) (?:la|su|tu) reserva\b
            {_YOUR}(?:reservada|confirmada|agendada|programada|hecha)\b
            \b(?:queda|está|ha quedado)(?: ya)? (?:reservad[oa]|apuntad[oa]|agendad[oa]|inscrit[oa])\b
        """,
        moved=rf"""
            {_I_HAVE}(?:cambiad[oa]|cambiar|movid[oa]|mover|reprogramad[oa]|reprogramar|aplazad[oa]|aplazar) (?:la|su|tu|esa)\b
            {_YOUR}(?:cambiada|movida|reprogramada|aplazada)\b
        """,
        cancelled=rf"""
            {_I_HAVE}(?:cancelad[oa]|cancelar|anulad[oa]|anular)\b
            {_YOUR}(?:cancelada|anulada)\b
            \b(?:queda|está|ha quedado)(?: ya)? (?:cancelad[oa]|anulad[oa])\b
        """,
        sent=rf"""
            {_I_HAVE}(?:enviado|enviar|mandado|mandar|escrito|reenviado)\b
            \b(?:el|la|un|una|su|tu)(?: \w+){{0,2}} {_NOTE} (?:ha sido|fue|está) (?:enviad[oa]|en camino)\b
        """,
        transferred=rf"{_I_HAVE}(?:pasado con|conectado con|transferido)\b",
        paid=rf"""
            \b(?:su|tu|el) pago{_IS} (?:procesado|recibido|realizado|confirmado)\b
            {_I_HAVE}(?:cobrado|cobrar|procesado (?:su|tu|el) pago)\b
        """,
        refunded=rf"""
            {_I_HAVE}(?:reembolsado|devuelto el dinero|hecho el reembolso|tramitado (?:su|tu|el|la) (?:reembolso|devolución))\b
            \b(?:su|tu|el|la) (?:reembolso|devolución){_IS} (?:hech[oa]|tramitad[oa]|procesad[oa])\b
        """,
        ordered=rf"""
            {_I_HAVE}(?:pedido|hecho (?:su|tu|el) pedido)\b
            \b(?:su|tu|el) pedido{_IS} (?:hecho|confirmado|realizado)\b
        """,
        updated=rf"""
            {_I_HAVE}(?:actualizado|corregido|guardado|modificado) (?:su|tu|el|la|los|las)\b
        """,
        anything=r"""
            \b(?:ya )?está todo (?:listo|arreglado|hecho)\b
            \btodo listo\b
        """,
    ),
    promised=patterns(
        sent=rf"""
            \b(?:te|le|os|les)(?: l[ao]s?)? (?:enviaré|enviaremos|mandaré|mandaremos|escribiré|escribiremos|reenviaré)\b
            \b(?:voy|vamos) a (?:enviar|mandar|escribir)(?:te|le|les|os|tel[oa]|sel[oa])?\b
            \b(?:te|le) (?:voy|vamos) a (?:enviar|mandar|escribir)\b
            \b(?:recibirá|recibirás|le llegará|te llegará)(?: (?:en breve|ahora|también|pronto))* (?:un|una|el|la|su|tu)(?: \w+){{0,2}}? {_NOTE}\b
        """,
        called_back=rf"""
            \b(?:te|le|os|les) (?:llamaré|llamaremos|devolveré la llamada|devolveremos la llamada|contactaré|contactaremos)\b
            \b{_SOMEBODY} (?:te|le|os|les) (?:llamará|contactará|devolverá la llamada)\b
            \b(?:nos pondremos|me pondré|se pondrá|se pondrán) en contacto\b
        """,
        transferred=r"""
            \b(?:te|le|os|les) (?:paso|pongo|conecto|transfiero|pasaré|conectaré|transferiré|comunico)(?: (?:ahora|enseguida))? (?:con|a)\b
            \b(?:te|le) (?:voy a|vamos a) (?:pasar|poner|conectar|transferir|comunicar) (?:con|a)\b
        """,
        refunded=r"""
            \b(?:te|le|os|les) (?:reembolsaré|reembolsaremos|devolveré el dinero|devolveremos el dinero)\b
            \b(?:recibirá|recibirás) (?:el|su|tu|un) (?:reembolso|devolución)\b
        """,
    ),
    unclaimed=re.compile(
        r"\b(?:no|nunca|si|cuando|una vez|antes|después|hasta|en cuanto|para que|quiere que|quieres que|desea que|puedo|podemos|"
        r"podría|podríamos|puede|pueden|debería|tampoco|ni|sin)\b"
    ),
    breaks=re.compile(r"[,;:–—]| - |\b(?:y|pero|entonces)\b"),
)
