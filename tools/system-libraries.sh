#!/bin/sh
# The system libraries that a napari window needs on Debian and Ubuntu, and Xvfb for windows without a screen.
# Installs what is missing as root; otherwise says what to install.
set -eu

[ "$(uname -s)" = Linux ] || exit 0
command -v dpkg-query >/dev/null 2>&1 || {
    echo "This is not Debian or Ubuntu: make sure that OpenGL, the xcb libraries of Qt 6 and Xvfb are installed." >&2
    exit 0
}

wanted="libdbus-1-3 libegl1 libfontconfig1 libgl1 libgl1-mesa-dri libglx-mesa0 libopengl0 libxcb-cursor0 libxcb-icccm4 libxcb-image0
libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 libxkbcommon-x11-0 xauth xvfb"
missing=""
for package in $wanted; do
    case "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" in
        installed) ;;
        *) missing="$missing $package" ;;
    esac
done
# glib is called libglib2.0-0 up to Debian 12 and libglib2.0-0t64 after
ldconfig -p 2>/dev/null | grep -q 'libglib-2.0.so.0' || {
    if apt-cache show libglib2.0-0t64 >/dev/null 2>&1; then missing="$missing libglib2.0-0t64"; else missing="$missing libglib2.0-0"; fi
}
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "Some system libraries are missing. Install them once with:" >&2
    echo "    sudo apt-get install --no-install-recommends$missing" >&2
    exit "${1:-1}"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # a list of words
apt-get install -y -qq --no-install-recommends $missing
