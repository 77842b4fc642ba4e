using System.Text.RegularExpressions;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Tests.Alerting.Channels.Smtp;
using FraudStreams.Tests.WholeProgram;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Alerting;

/// <summary>The whole program and a real mail server.</summary>
[Collection(WholeProgramCollection.Third)]
[Trait("Needs", "aiosmtpd")]
[Trait("Category", "Integration")]
public sealed class MailProgramTests
{
    const int Rows = 3_000;
    const string Password = "correct-horse-battery-staple";

    [SmtpFact]
    public async Task A_flood_goes_over_TLS_in_digests_without_any_card_or_password()
    {
        using var folder = new StreamFolder(Rows);
        MailServer.MakeCertificate(folder.Path);
        await using var server = await MailServer.StartAsync(new MailServerRules { TlsFolder = folder.Path, User = "robot", Password = Password });

        await using var run = FraudStreamsProcess.Start(
            folder.Path, [.. Run(folder, server.Port), "--set", "alerts.mail.per-minute=3", "--until-drained"],
            ("FRAUDSTREAMS_MAIL_PASSWORD", Password), ("SSL_CERT_FILE", Path.Combine(folder.Path, "authority.pem")));

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        await server.AllReadAsync();
        var status = folder.ShouldHoldAll(Rows);
        status.Alerts.ShouldBeGreaterThan(10);
        server.Mails.ShouldAllBe(mail => mail.OverTls && mail.User == "robot");
        server.Mails.Count.ShouldBeLessThan((int)status.Alerts);
        foreach (var id in folder.IdsOf(TopicNames.Alerts, "transaction"))
            server.Mails.Count(mail => Unfolded(mail.Content).Contains(id, StringComparison.Ordinal)).ShouldBe(1, id);
        (run.Output + run.Errors).ShouldNotContain(Password);
        foreach (var card in EmbeddedLog.ReadRecords(folder.Data, TopicNames.Alerts).Select(record => System.Text.Encoding.UTF8.GetString(record.Key.Span)))
            server.Mails.ShouldAllBe(mail => !Unfolded(mail.Content).Contains(card, StringComparison.Ordinal));
    }

    [SmtpFact]
    public async Task A_wrong_password_is_logged_without_it_and_the_alerts_are_kept()
    {
        using var folder = new StreamFolder(Rows);
        MailServer.MakeCertificate(folder.Path);
        await using var server = await MailServer.StartAsync(new MailServerRules { TlsFolder = folder.Path, User = "robot", Password = "another" });
        await using var run = FraudStreamsProcess.Start(
            folder.Path, Run(folder, server.Port), ("FRAUDSTREAMS_MAIL_PASSWORD", Password), ("SSL_CERT_FILE", Path.Combine(folder.Path, "authority.pem")));

        await run.LineAsync("cannot be used");
        await run.TerminateAsync();

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        await server.AllReadAsync();
        (run.Output + run.Errors).ShouldNotContain(Password);
        server.Mails.ShouldBeEmpty();
        folder.Status()!.Alerts.ShouldBe(0);
        folder.Status()!.Undelivered.ShouldBe(0);
    }

    [SmtpFact]
    public async Task A_certificate_for_another_host_is_logged_and_no_password_is_sent()
    {
        using var folder = new StreamFolder(Rows);
        MailServer.MakeCertificate(folder.Path, host: "mail.elsewhere.example");
        await using var server = await MailServer.StartAsync(new MailServerRules { TlsFolder = folder.Path, User = "robot", Password = Password });
        await using var run = FraudStreamsProcess.Start(
            folder.Path, Run(folder, server.Port), ("FRAUDSTREAMS_MAIL_PASSWORD", Password), ("SSL_CERT_FILE", Path.Combine(folder.Path, "authority.pem")));

        await run.LineAsync("cannot be used: TLS: The host name (localhost) did not match the name given in the server's SSL certificate (mail.elsewhere.example).");
        await run.TerminateAsync();

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        await server.AllReadAsync();
        server.Commands.ShouldNotContain("AUTH");
        folder.Status()!.Alerts.ShouldBe(0);
    }

    [SmtpFact]
    public async Task A_refused_recipient_is_logged_and_the_other_gets_every_alert_once()
    {
        using var folder = new StreamFolder(Rows);
        await using var server = await MailServer.StartAsync(
            new MailServerRules { Recipients = { ["gone@x.org"] = "554 5.7.1 <gone@x.org>: Relay access denied" } });

        await using var run = folder.Start([.. ToTwo(folder, server.Port), "--until-drained"]);

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        await server.AllReadAsync();
        var status = folder.ShouldHoldAll(Rows);
        server.Mails.Count.ShouldBe((int)status.Alerts);
        server.Mails.ShouldAllBe(mail => mail.To.SequenceEqual(new[] { "ok@x.org" }));
        status.Undelivered.ShouldBe(status.Alerts);
        folder.IdsOf(TopicNames.Undelivered, "recipient").ShouldAllBe(recipient => recipient == "gone@x.org");
        folder.IdsOf(TopicNames.Undelivered, "reason").ShouldAllBe(reason => reason == "554 5.7.1 <gone@x.org>: Relay access denied");
    }

    [SmtpFact]
    public async Task A_recipient_who_is_always_deferred_keeps_no_alert_from_the_other()
    {
        using var folder = new StreamFolder(Rows);
        await using var server = await MailServer.StartAsync(
            new MailServerRules { Recipients = { ["gone@x.org"] = "451 4.3.0 <gone@x.org>: Temporary lookup failure" } });
        await using var run = folder.Start(ToTwo(folder, server.Port));

        await Eventually.TrueAsync(
            () => folder.Status() is { Predictions: Rows, PredictedFrauds: > 0 } status && server.Mails.Count == status.PredictedFrauds, limitSeconds: 60);
        var tried = server.Commands.Count(command => command.Contains("gone@", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => server.Commands.Count(command => command.Contains("gone@", StringComparison.Ordinal)) > tried);
        await run.TerminateAsync();

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        server.Mails.ShouldAllBe(mail => mail.To.SequenceEqual(new[] { "ok@x.org" }));
        folder.Status()!.Undelivered.ShouldBe(0);
    }

    [SmtpFact]
    public async Task A_merchant_that_looks_like_an_encoded_line_break_is_shown_as_written()
    {
        const string merchant = "=?utf-8?B?YQ0KQmNjOiB0aGllZkB4Lm9yZw==?=";
        using var folder = new StreamFolder(Rows);
        var rows = await File.ReadAllLinesAsync(folder.Input);
        var column = Array.IndexOf(rows[0].Split(','), "merchant");
        await File.WriteAllLinesAsync(folder.Input, rows.Select((row, number) =>
        {
            var fields = row.Split(',');
            if (number > 0)
                fields[column] = merchant;
            return string.Join(',', fields);
        }));
        await File.WriteAllTextAsync(folder.File("template.txt"), "Subject: {merchant}\n\n{transaction} at {merchant}\n");
        await using var server = await MailServer.StartAsync();

        await using var run = folder.Start([.. ToTwo(folder, server.Port), "--set", "alerts.template=template.txt", "--until-drained"]);

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        await server.AllReadAsync();
        var status = folder.ShouldHoldAll(Rows);
        server.Mails.Count.ShouldBe((int)status.Alerts);
        server.Mails.ShouldAllBe(mail => mail.Shown.Subject == merchant && mail.Shown.Text.EndsWith($" at {merchant}\n") && !mail.Shown.Headers.Contains("bcc"));
    }

    [SmtpFact]
    public async Task A_host_killed_while_sending_repeats_only_what_was_in_flight()
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
        await server.AllReadAsync();
        var status = folder.ShouldHoldAll(Rows);
        server.Mails.Count.ShouldBeInRange((int)status.Alerts, (int)status.Alerts + kills);
        server.Mails.Select(mail => Regex.Match(mail.Content, "^Message-ID: *<(?<name>.+)@", RegexOptions.Multiline | RegexOptions.IgnoreCase).Groups["name"].Value)
            .Distinct().Order(StringComparer.Ordinal).ShouldBe(folder.IdsOf(TopicNames.Alerts, "transaction").Order(StringComparer.Ordinal));
    }

    static string[] Run(StreamFolder folder, int port) =>
    [
        "run", "--input", folder.Input, "--set", "speeds.speed_1=unlimited", "--set", "alerts.mail.host=localhost", "--set", $"alerts.mail.port={port}",
        "--set", "alerts.mail.tls=starttls", "--set", "alerts.mail.user=robot", "--set", "alerts.retry.min-backoff=50ms",
    ];

    static string[] ToTwo(StreamFolder folder, int port) =>
    [
        "run", "--input", folder.Input, "--set", "speeds.speed_1=unlimited", "--set", "alerts.mail.host=127.0.0.1", "--set", $"alerts.mail.port={port}",
        "--set", "alerts.mail.per-minute=unlimited", "--set", "alerts.mail.card-window=0s", "--set", "alerts.mail.to=[\"ok@x.org\",\"gone@x.org\"]",
        "--set", "alerts.retry.min-backoff=50ms",
    ];

    /// <summary>The decoded text part of a mail, which is sent in Base64 or quoted-printable; the HTML part repeats it.</summary>
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
