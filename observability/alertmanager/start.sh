#!/bin/sh
# Puts the values of the environment in place of each ${NAME} in alertmanager.yml, and then runs a command:
#
#   start.sh <directory of alertmanager.yml and mail.tmpl> <directory to write to> <command> [argument...]
#
# Alertmanager itself expands no environment variables. What is written may hold a password: let the second directory be
# one that only Alertmanager reads, in memory where that is possible.
set -eu

source=$1
target=$2
shift 2

# A value as it has to stand between single quotes of YAML, and behind the second bar of sed's s|||.
escape() {
  printf '%s' "$1" | sed -e "s/'/''/g" -e 's/[\\&|]/\\&/g'
}

# Grafana separates addresses by semicolons, and one variable serves both.
addresses=$(printf '%s' "${ALERT_EMAIL_ADDRESSES:?whom to mail}" | tr ';' ',')

umask 077
sed \
  -e "s|\${ALERT_EMAIL_ADDRESSES}|$(escape "$addresses")|" \
  -e "s|\${SMTP_SMARTHOST}|$(escape "${SMTP_SMARTHOST:?the host:port that takes mail}")|" \
  -e "s|\${SMTP_FROM}|$(escape "${SMTP_FROM:?whom mails are from}")|" \
  -e "s|\${SMTP_USERNAME}|$(escape "${SMTP_USERNAME:-}")|" \
  -e "s|\${SMTP_PASSWORD}|$(escape "${SMTP_PASSWORD:-}")|" \
  -e "s|\${SMTP_REQUIRE_TLS}|$(escape "${SMTP_REQUIRE_TLS:-true}")|" \
  "$source/alertmanager.yml" >"$target/alertmanager.yml"
cp "$source/mail.tmpl" "$target/mail.tmpl"

exec "$@"
