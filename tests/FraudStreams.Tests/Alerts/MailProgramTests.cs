using System.Text.RegularExpressions;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerts;

/// <summary>The whole program and a mail server that asks for TLS and a password.</summary>
[Collection(WholeProgramCollection.Name)]
[Trait("Needs", "aiosmtpd")]
public sealed class MailProgramTests
{
    const int Rows = 3_000;
    const string Password = "correct-horse-battery-staple";

    [SmtpFact]
    public async Task A_flood_goes_over_TLS_in_digests_with_every_transaction_in_one_and_no_card_or_password_anywhere()
    {
        using var folder = new StreamFolder(Rows);
        MailServer.MakeCertificate(folder.Path);
        await using var server = await MailServer.StartAsync(new MailServerRules { TlsFolder = folder.Path, User = "robot", Password = Password });

        await using var run = FraudStreamsProcess.Start(
            folder.Path, [.. Run(folder, server.Port), "--set", "alerts.mail.per-minute=3", "--until-drained"],
            ("FRAUDSTREAMS_MAIL_PASSWORD", Password), ("SSL_CERT_FILE", Path.Combine(folder.Path, "authority.pem")));

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        var status = folder.ShouldHoldAll(Rows);
        status.Alerts.ShouldBeGreaterThan(10);
        server.Mails.ShouldAllBe(mail => mail.OverTls && mail.User == "robot");
        server.Mails.Count.ShouldBeLessThan((int)status.Alerts);
        foreach (var id in folder.IdsOf(Topic.Alerts, "transaction"))
            server.Mails.Count(mail => Unfolded(mail.Content).Contains(id, StringComparison.Ordinal)).ShouldBe(1, id);
        (run.Output + run.Errors).ShouldNotContain(Password);
        foreach (var card in EmbeddedLog.ReadRecords(folder.Data, Topic.Alerts).Select(record => System.Text.Encoding.UTF8.GetString(record.Key.Span)))
            server.Mails.ShouldAllBe(mail => !Unfolded(mail.Content).Contains(card, StringComparison.Ordinal));
    }

    [SmtpFact]
    public async Task A_wrong_password_is_told_without_it_and_the_alerts_are_kept()
    {
        using var folder = new StreamFolder(Rows);
        MailServer.MakeCertificate(folder.Path);
        await using var server = await MailServer.StartAsync(new MailServerRules { TlsFolder = folder.Path, User = "robot", Password = "another" });
        await using var run = FraudStreamsProcess.Start(
            folder.Path, Run(folder, server.Port), ("FRAUDSTREAMS_MAIL_PASSWORD", Password), ("SSL_CERT_FILE", Path.Combine(folder.Path, "authority.pem")));

        await run.LineAsync("cannot be used");
        await run.TerminateAsync();

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        (run.Output + run.Errors).ShouldNotContain(Password);
        server.Mails.ShouldBeEmpty();
        folder.Status()!.Alerts.ShouldBe(0);
        folder.Status()!.Undelivered.ShouldBe(0);
    }

    [SmtpFact]
    public async Task A_host_that_is_killed_while_it_sends_repeats_no_more_than_what_was_under_way()
    {
        using var folder = new StreamFolder(Rows);
        await using var server = await MailServer.StartAsync();
        string[] arguments =
        [
            "run", "--input", folder.Input, "--set", "speeds.speed_1=unlimited", "--set", "alerts.parallel=1", "--set", "alerts.mail.host=127.0.0.1",
            "--set", $"alerts.mail.port={server.Port}", "--set", "alerts.mail.per-minute=unlimited", "--set", "alerts.mail.card-window=0s",
        ];
        var kills = 0;
        for (var seen = 3; kills < 3; seen += 5)
        {
            await using var run = FraudStreamsProcess.Start(folder.Path, arguments);
            await Eventually.TrueAsync(() => server.Mails.Count >= seen, limitSeconds: 60);
            await run.KillAsync();
            kills++;
        }

        await using var last = await folder.RunAsync([.. arguments, "--until-drained"]);

        (await last.ExitAsync()).ShouldBe(0, last.Errors);
        var status = folder.ShouldHoldAll(Rows);
        server.Mails.Count.ShouldBeInRange((int)status.Alerts, (int)status.Alerts + kills);
        server.Mails.Select(mail => Regex.Match(mail.Content, "^Message-ID: *<(?<name>.+)@", RegexOptions.Multiline | RegexOptions.IgnoreCase).Groups["name"].Value)
            .Distinct().Order(StringComparer.Ordinal).ShouldBe(folder.IdsOf(Topic.Alerts, "transaction").Order(StringComparer.Ordinal));
    }

    static string[] Run(StreamFolder folder, int port) =>
    [
        "run", "--input", folder.Input, "--set", "speeds.speed_1=unlimited", "--set", "alerts.mail.host=localhost", "--set", $"alerts.mail.port={port}",
        "--set", "alerts.mail.tls=starttls", "--set", "alerts.mail.user=robot", "--set", "alerts.retry.min-backoff=50ms",
    ];

    /// <summary>The text part of a mail, which is sent in Base64 or quoted-printable; the HTML part says the same again.</summary>
    static string Unfolded(string mail)
    {
        var text = mail[mail.IndexOf("text/plain", StringComparison.Ordinal)..mail.IndexOf("text/html", StringComparison.Ordinal)];
        var body = text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        if (!text.Contains("base64", StringComparison.OrdinalIgnoreCase))
            return body.Replace("=\r\n", "");
        var base64 = string.Concat(body.Split("\r\n").TakeWhile(line => !line.StartsWith("--", StringComparison.Ordinal)));
        return System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(base64.Trim()));
    }
}
