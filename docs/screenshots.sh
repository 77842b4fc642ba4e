#!/usr/bin/env bash
# Writes docs/images anew: starts the program, looks at each view of its page in Chromium, light and dark, on a desk and on a telephone. Some five minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
FRAUDSTREAMS_WRITE_SCREENSHOTS=1 dotnet test tests/FraudStreams.Tests --filter "FullyQualifiedName~ScreenshotTests"
