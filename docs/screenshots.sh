#!/usr/bin/env bash
# Writes docs/images anew: starts the program, looks at each view of its page in Chromium, light and dark, on a desk and on a telephone. Some five minutes.
# Needs chromium and pngquant (Debian: packages of these names).
set -euo pipefail
cd "$(dirname "$0")/.."
command -v pngquant >/dev/null || { echo "pngquant is missing: it makes the pictures small" >&2; exit 1; }
FRAUDSTREAMS_WRITE_SCREENSHOTS=1 dotnet test tests/FraudStreams.Tests --filter "FullyQualifiedName~ScreenshotTests"
pngquant --force --ext .png 128 docs/images/*.png
