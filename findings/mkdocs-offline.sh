#!/usr/bin/env bash
# The plugin "offline" of mkdocs-material, with fonts switched off, still writes a script from a public host into every
# page (for the search in pages opened as files). Without the plugin no page loads anything.
source "$(dirname "$0")/environment.sh"
packages mkdocs-material==9.8.2 mkdocs==1.6.1
cat >script.sh <<'SHELL'
mkdir -p docs && echo "# Meter" >docs/index.md
for plugins in "[search, offline]" "[search]"; do
    printf 'site_name: s\nuse_directory_urls: false\nplugins: %s\ntheme: {name: material, font: false}\n' "$plugins" >mkdocs.yml
    NO_MKDOCS_2_WARNING=1 environment/bin/python -m mkdocs build --quiet --clean 2>/dev/null
    echo "$plugins: $(grep -o 'src="https\?://' site/index.html | wc -l) script from elsewhere"
done
SHELL
seen bash script.sh <<'SEEN'
[search, offline]: 1 script from elsewhere
[search]: 0 script from elsewhere
SEEN
