using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using FraudStreams.Tests.WholeProgram;
using Shouldly;

namespace FraudStreams.Tests.Alerting.Channels.Smtp;

/// <summary>A mail as another implementation shows it: Python's, which shares nothing with MimeKit.</summary>
/// <param name="Headers">Names of all headers, in lower case.</param>
/// <param name="Defects">What the parser reports as wrong.</param>
sealed record ShownMail(
    string Subject, string From, ImmutableArray<string> To, string Text, string Html, ImmutableArray<string> Headers, ImmutableArray<string> Defects)
{
    /// <summary>Defines shown(bytes).</summary>
    public const string Program = """
        import email, json, sys
        from email import policy
        def shown(content):
            mail = email.message_from_bytes(content, policy=policy.default)
            parts = [mail.get_body((kind,)) for kind in ("plain", "html")]
            defects = [defect for part in mail.walk() for defect in part.defects] + [defect for value in mail.values() for defect in value.defects]
            text, html = [part.get_content().replace("\r\n", "\n") for part in parts]
            # Parts of addresses in UTF-8 are bytes to it still.
            to = [to.addr_spec.encode("utf-8", "surrogateescape").decode("utf-8") for to in mail["to"].addresses]
            return {"Subject": mail["subject"], "From": mail["from"], "To": to, "Text": text, "Html": html,
                    "Headers": [name.lower() for name in mail.keys()], "Defects": [repr(defect) for defect in defects]}
        """;

    public static async Task<ShownMail> OfFileAsync(string path)
    {
        string[] arguments = ["-c", Program + "\nprint(json.dumps(shown(open(sys.argv[1], 'rb').read())))", path];
        using var process = Process.Start(new ProcessStartInfo(SmtpServer.Python!, arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var json = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0);
        return JsonSerializer.Deserialize<ShownMail>(json)!;
    }
}
