#!/bin/sh
# install_pythons.sh FOLDER REQUIREMENTS VERSION…: installs Pythons with uv ($UV), links them into FOLDER as `python3.11`,
# `python3.13t` and so on, and the last one as `python3`. Every one gets the packages in the file REQUIREMENTS.
set -eu
folder=$1 requirements=$2
shift 2
for version in "$@"; do
    "$UV" python install --no-bin "$version"
    python=$("$UV" python find --managed-python "$version")
    short=$("$python" -c 'import sys, sysconfig
print("%d.%d%s" % (*sys.version_info[:2], "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""))')
    "$UV" pip install --break-system-packages --only-binary :all: --python "$python" -r "$requirements"
    ln -sf "$python" "$folder/python$short"
    ln -sf "$python" "$folder/python3"
done
