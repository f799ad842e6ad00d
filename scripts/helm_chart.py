#!/usr/bin/env python3
"""Writes the templates of deploy/helm/parley from deploy/k8s/base, so that both have one source; `--check` compares.

A manifest becomes a template by replacing what differs between installations: images, host, namespaces of the
neighbours, numbers of pods, and by adding what values may bring: settings, secrets, the host's network for media.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BASE, COMPONENT = ROOT / "deploy" / "k8s" / "base", ROOT / "deploy" / "k8s" / "components" / "host-media"
TEMPLATES = ROOT / "deploy" / "helm" / "parley" / "templates"
_NOT_TEMPLATES = {"kustomization.yaml", "namespace.yaml", "addresses.env"}  # the release has a namespace of its own
_HEAD = "{{- /* Made by scripts/helm_chart.py from deploy/k8s/base; change it there. */ -}}\n"
_MEDIA, _END = "{{- if .Values.hostMedia }}\n", "{{- end }}\n"
_ADDRESSES = """apiVersion: v1
kind: ConfigMap
metadata:
  name: parley-addresses
data:
  {{- range $name, $value := .Values.addresses }}
  {{ $name }}: {{ $value | quote }}
  {{- end }}
"""
_MORE_SETTINGS = """            {{{{- range $name, $value := index .Values.settings "{service}" }}}}
            - name: {{{{ $name }}}}
              value: {{{{ $value | quote }}}}
            {{{{- end }}}}
            {{{{- range $name, $from := index .Values.secrets "{service}" }}}}
            - name: {{{{ $name }}}}
              valueFrom:
                secretKeyRef:
                  name: {{{{ $from.secret }}}}
                  key: {{{{ $from.key }}}}
            {{{{- end }}}}
"""


def template(name: str, text: str) -> str:
    service = name.removesuffix(".yaml")
    text = re.sub(
        r"image: (parley-\w+)$",
        r'image: "{{ .Values.image.registry }}/\1:{{ .Values.image.tag | default .Chart.AppVersion }}"',
        text,
        flags=re.M,
    )
    text = text.replace("voice.example.org", "{{ .Values.host }}")
    text = text.replace("metadata.name: ingress-nginx", "metadata.name: {{ .Values.ingress.namespace }}")
    text = text.replace("metadata.name: monitoring", "metadata.name: {{ .Values.monitoring.namespace }}")
    text = re.sub(r"minReplicas: \d+", f"minReplicas: {{{{ .Values.pods.{service}.min }}}}", text)
    text = re.sub(r"maxReplicas: \d+", f"maxReplicas: {{{{ .Values.pods.{service}.max }}}}", text)
    rolls = "        checksum/addresses: {{ .Values.addresses | toJson | sha256sum }}\n"
    text = text.replace('        prometheus.io/scrape: "true"\n', '        prometheus.io/scrape: "true"\n' + rolls)
    more = _MORE_SETTINGS.format(service=service)
    text = text.replace("          resources:\n", more + "          resources:\n")
    if service == "gateway":
        text = on_host_network(text)
    if service == "ingress":
        text = text.replace("spec:\n  tls:", "spec:\n  ingressClassName: {{ .Values.ingress.class }}\n  tls:", 1)
    return _HEAD + text


def on_host_network(text: str) -> str:
    """Take the component's patch in, under a condition."""
    patch = (COMPONENT / "gateway.yaml").read_text()
    ports = patch[patch.index("            - name: sip-udp") : patch.index("          env:\n")]
    env = patch[patch.index("            - name: PARLEY_GATEWAY_SIP_PORT") :]
    network = "      hostNetwork: true\n      dnsPolicy: ClusterFirstWithHostNet\n"
    text = text.replace("          envFrom:\n", _MEDIA + ports + _END + "          envFrom:\n", 1)
    at = text.index('            {{- range $name, $value := index .Values.settings "gateway"')
    text = text[:at] + _MEDIA + env + _END + text[at:]
    text = text.replace("    spec:\n", "    spec:\n" + _MEDIA + network + _END, 1)
    text = text.replace("maxSurge: 50%", "maxSurge: {{ if .Values.hostMedia }}0{{ else }}50%{{ end }}")
    return text.replace("maxUnavailable: 0", "maxUnavailable: {{ if .Values.hostMedia }}1{{ else }}0{{ end }}")


def chart() -> dict[str, str]:
    files = {
        path.name: template(path.name, path.read_text())
        for path in sorted(BASE.iterdir())
        if path.name not in _NOT_TEMPLATES
    }
    return files | {"addresses.yaml": _HEAD + _ADDRESSES}


def main() -> int:
    made = chart()
    if "--check" in sys.argv:
        there = {path.name: path.read_text() for path in TEMPLATES.glob("*.yaml")}
        if there != made:
            sys.stderr.write("deploy/helm: run `python scripts/helm_chart.py`\n")
            return 1
        return 0
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    for old in TEMPLATES.glob("*.yaml"):
        old.unlink()
    for name, text in made.items():
        (TEMPLATES / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
