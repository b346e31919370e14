#!/bin/sh
# What an office runs each night: totals, whether they moved since last night, the atlas, a backup.
#
#   15 2 * * * /srv/mine-geo/docker/nightly.sh
#
# Exit code 20: a total moved; nightly/moved-KIND-DAY.txt says which, and by which events. Any other
# but 0: a step failed, and says so in a line. MINE_GEO is how mine-geo is called (here: in its container), and
# MINE_GEO_FILES the folder that it writes into.
set -eu

cd "$(dirname "$0")"
files=${MINE_GEO_FILES:-./files}
day=$(date +%F)
call=${MINE_GEO:-docker compose run --rm -T mine-geo}
mkdir -p "$files/nightly"

moved=0
for kind in ap_minefield cluster_munition; do
    new="nightly/totals-$kind-$day.json"
    last="nightly/last-$kind.json"
    said="$files/nightly/moved-$kind-$day.txt"
    compare=
    [ ! -f "$files/$last" ] || compare="--compare $last"
    code=0
    # shellcheck disable=SC2086  # the call is several words
    $call totals --by province --kind "$kind" $compare --output "$new" > "$said" || code=$?
    case $code in
        0) rm "$said" ;;
        20) echo "totals of $kind moved: $said"; moved=20 ;;
        *) rm "$said"; exit "$code" ;;
    esac
    cp "$files/$new" "$files/$last"
done

if [ "${MINE_GEO_ATLAS:-yes}" = yes ]; then
    # shellcheck disable=SC2086
    $call atlas --out atlas
fi
# shellcheck disable=SC2086
$call db backup
exit "$moved"
