import { NOTICE } from './files.ts';

/** A moment, as somebody reads it who is not where the server is. */
const TIME = 'UTC.Format "2006-01-02 15:04:05 UTC"';

/** The labels that say whom an alert is about; its name and severity stand above them. */
const OWN_LABELS = '.Labels.Remove (stringSlice "alertname" "severity")';

/** Shared by a mail's subject and its heading: how many there are is told where it is more than one. */
const SUBJECT = `{{ define "kilat.mail.subject" -}}
[{{ .Status | toUpper }}{{ if gt (len .Alerts) 1 }}: {{ len .Alerts.Firing }} of {{ len .Alerts }}{{ end }}] {{ .GroupLabels.alertname }}
{{- with .CommonLabels.severity }} ({{ . }}){{ end }}: {{ with .CommonAnnotations.summary }}{{ . }}{{ else -}}
{{ with .GroupLabels.model }}model {{ . }}{{ else }}{{ len .Alerts }} alerts{{ end }}{{ end }}
{{- end }}
`;

const TEXT = `{{ define "kilat.alert.text" }}
{{ .Status | toUpper }}: {{ .Labels.alertname }} ({{ .Labels.severity }})

{{ .Annotations.summary }}
{{ .Annotations.description }}

{{ range (${OWN_LABELS}).SortedPairs }}{{ printf "%-10s" .Name }} {{ .Value }}
{{ end }}since      {{ .StartsAt.${TIME} }}
{{ if eq .Status "resolved" }}until      {{ .EndsAt.${TIME} }}
{{ end }}{{ with .Annotations.runbook_url }}
What to do: {{ . }}
{{ end }}{{ with .GeneratorURL }}Graph:      {{ . }}
{{ end }}{{ end }}

{{ define "kilat.mail.text" -}}
{{ range .Alerts.Firing }}{{ template "kilat.alert.text" . }}{{ end }}
{{- range .Alerts.Resolved }}{{ template "kilat.alert.text" . }}{{ end }}
All alerts, and silences: {{ .ExternalURL }}
{{ end }}
`;

/** Mail programs know tables and styles within elements, and little else. */
const HTML = `{{ define "kilat.alert.html" }}
<table role="presentation" cellpadding="0" cellspacing="0" width="100%" style="margin:0 0 24px;border-collapse:collapse">
<tr><td style="padding:10px 14px;color:#ffffff;font-weight:bold;background-color:
{{- if eq .Status "resolved" }}#2e7d32{{ else if eq .Labels.severity "critical" }}#b71c1c{{ else if eq .Labels.severity "info" }}#1565c0{{ else }}#b45309{{ end }}">
{{ .Status | toUpper }}: {{ .Labels.alertname }} ({{ .Labels.severity }})</td></tr>
<tr><td style="padding:14px;border:1px solid #d0d7de">
<p style="margin:0 0 8px;font-size:17px;font-weight:bold">{{ .Annotations.summary }}</p>
<p style="margin:0 0 14px">{{ .Annotations.description }}</p>
<table role="presentation" cellpadding="0" cellspacing="0" style="border-collapse:collapse">
{{ range (${OWN_LABELS}).SortedPairs }}<tr><td style="padding:2px 16px 2px 0;color:#57606a">{{ .Name }}</td><td style="padding:2px 0">{{ .Value }}</td></tr>
{{ end }}<tr><td style="padding:2px 16px 2px 0;color:#57606a">since</td><td style="padding:2px 0">{{ .StartsAt.${TIME} }}</td></tr>
{{ if eq .Status "resolved" }}<tr><td style="padding:2px 16px 2px 0;color:#57606a">until</td><td style="padding:2px 0">{{ .EndsAt.${TIME} }}</td></tr>
{{ end }}</table>
<p style="margin:14px 0 0">{{ with .Annotations.runbook_url }}<a href="{{ . }}" style="font-weight:bold;color:#0969da">What to do</a>{{ end }}
{{- with .GeneratorURL }} &nbsp; <a href="{{ . }}" style="color:#0969da">Graph</a>{{ end }}</p>
</td></tr>
</table>
{{ end }}

{{ define "kilat.mail.html" -}}
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{ template "kilat.mail.subject" . }}</title></head>
<body style="margin:0;padding:16px;background-color:#ffffff;color:#1f2328;font-family:Helvetica,Arial,sans-serif;font-size:15px;line-height:1.45">
<div style="max-width:640px">
{{ range .Alerts.Firing }}{{ template "kilat.alert.html" . }}{{ end }}
{{- range .Alerts.Resolved }}{{ template "kilat.alert.html" . }}{{ end }}
<p style="margin:0;color:#57606a;font-size:13px"><a href="{{ .ExternalURL }}" style="color:#57606a">All alerts, and silences</a></p>
</div>
</body>
</html>
{{ end }}
`;

/** The mail about an alert, as Alertmanager's templates: its subject, and its body for those who read text or HTML. */
export const MAIL_TEMPLATE = `{{/* ${NOTICE} */}}

${SUBJECT}
${TEXT}
${HTML}`;
