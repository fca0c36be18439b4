/** The templates that the email contact point asks for. */
export const SUBJECT = 'kilat.subject';
export const MESSAGE = 'kilat.message';

/** A moment, as somebody reads it who is not where the server is. */
const TIME = 'UTC.Format "2006-01-02 15:04:05 UTC"';

/** The reduced value, which the threshold was held against. It is missing when the alert is of a query that failed. */
const VALUE = '{{ if .Values }}Value: {{ index .Values "B" | printf "%.4g" }}\n{{ end }}';

/**
 * A mail about alerts of one name, as Grafana's templates: what is the matter first, and then who, how much, since when
 * and what to do.
 */
export const MAIL_TEMPLATE = `{{ define "${SUBJECT}" -}}
[{{ .Status | toUpper }}{{ if gt (len .Alerts) 1 }}: {{ len .Alerts.Firing }} of {{ len .Alerts }}{{ end }}] {{ .CommonLabels.alertname }}
{{- with .CommonLabels.severity }} ({{ . }}){{ end }}: {{ with .CommonAnnotations.summary }}{{ . }}{{ else }}{{ len .Alerts }} alerts{{ end }}
{{- end }}

{{ define "kilat.alert" -}}
{{ .Status | toUpper }}: {{ with .Annotations.summary }}{{ . }}{{ else }}{{ .Labels.alertname }}{{ end }}

{{ with .Annotations.description }}{{ . }}

{{ end }}{{ with .Annotations.Error }}Error: {{ . }}

{{ end }}Alert: {{ .Labels.alertname }}{{ with .Labels.severity }} ({{ . }}){{ end }}
{{ with .Labels.model }}Model: {{ . }}
{{ end }}{{ with .Labels.version }}Version: {{ . }}
{{ end }}{{ with .Labels.feature }}Feature: {{ . }}
{{ end }}{{ with .Labels.instance }}Instance: {{ . }}
{{ end }}${VALUE}Since: {{ .StartsAt.${TIME} }}
{{ if eq .Status "resolved" }}Until: {{ .EndsAt.${TIME} }}
{{ end }}{{ with .Annotations.runbook_url }}What to do: {{ . }}
{{ end }}{{ with .GeneratorURL }}Rule: {{ . }}
{{ end }}{{ if eq .Status "firing" }}{{ with .SilenceURL }}Silence: {{ . }}
{{ end }}{{ end }}{{ end }}

{{ define "${MESSAGE}" -}}
{{ range .Alerts.Firing }}{{ template "kilat.alert" . }}
{{ end }}{{ range .Alerts.Resolved }}{{ template "kilat.alert" . }}
{{ end }}{{ end }}
`;
