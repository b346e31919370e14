#!/bin/sh
# What an office runs each night: totals, whether they moved since last night, the atlas, a backup.
#
#   15 2 * * * /srv/mine-geo/docker/nightly.sh
#
# Exit code 20: a total moved; nightly/changes-DAY.csv says by which events. Any other but 0: a step
# failed, and says so in a line. MINE_GEO is how mine-geo is called (here: in its container), and
# MINE_GEO_FILES the folder that it writes into.
set -eu

cd "$(dirname "$0")"
files=${MINE_GEO_FILES:-./files}
day=$(date +%F)
call=${MINE_GEO:-docker compose run --rm -T mine-geo}
mkdir -p "$files/nightly"

# The figures alone, without the columns that say when the table was made.
figures() {
    awk -F, 'NR == 1 { for (n = 1; n <= NF; n++) if ($n == "schema_version") last = n - 1 }
             { for (n = 1; n <= last; n++) printf "%s%s", $n, (n < last ? "," : "\n") }' "$1"
}

moved=0
for kind in ap_minefield cluster_munition; do
    new="nightly/totals-$kind-$day.csv"
    # shellcheck disable=SC2086  # the call is several words
    $call totals --by province --kind "$kind" --output "$new"
    figures "$files/$new" > "$files/nightly/.new"
    last="$files/nightly/last-$kind.csv"
    if [ -f "$last" ]; then
        said="$files/nightly/moved-$kind-$day.diff"
        if diff "$last" "$files/nightly/.new" > "$said"; then
            rm "$said"
        else
            echo "totals of $kind moved: $said"
            moved=20
        fi
    fi
    mv "$files/nightly/.new" "$last"
done

if [ "$moved" -ne 0 ] && [ -f "$files/nightly/last-night" ]; then
    # shellcheck disable=SC2086
    $call changes --since "$(cat "$files/nightly/last-night")" --output "nightly/changes-$day.csv"
fi
date -u +%FT%TZ > "$files/nightly/last-night"

if [ "${MINE_GEO_ATLAS:-yes}" = yes ]; then
    # shellcheck disable=SC2086
    $call atlas --out atlas
fi
# shellcheck disable=SC2086
$call db backup
exit "$moved"
