using System.Globalization;
using System.Text.RegularExpressions;
using FraudStreams.Sqlite;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

[Collection(WholeProgramCollection.Name)]
[Trait("Category", "Integration")]
public sealed partial class FailingServicesTests
{
    const int Rows = 3_000;
    const string QuickRestarts = "restart.max-backoff=500ms";

    [Fact]
    public async Task A_locked_database_slows_neither_scoring_nor_alerts()
    {
        using var folder = new StreamFolder(Rows);
        folder.SetSpeeds("speed_3 = 100/s");
        await using var run = folder.Start("run", "--input", folder.Input, "--until-drained", "--config", folder.SpeedsFile, "--set", QuickRestarts);
        await Eventually.TrueAsync(() => folder.Status() is { Stored: > 0 }, limitSeconds: 60);
        using var other = SqliteFile.Open(folder.StoreFile, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        other.Begin();
        var stored = other.QueryLong("SELECT count(*) FROM transactions");

        await Eventually.TrueAsync(() => folder.Status() is { Predictions: Rows } status && status.Lag["alert"] == 0, limitSeconds: 60);
        run.HasExited.ShouldBeFalse();
        stored.ShouldBeLessThan(Rows);
        folder.Status()!.Stored.ShouldBe(stored);

        other.RollBack();
        folder.SetSpeeds("speed_3 = unlimited");
        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        folder.ShouldHoldAll(Rows);
        folder.ShouldHoldOneMailForEachAlert();
    }

    [FullDiskFact]
    public async Task A_full_disk_under_the_database_slows_neither_scoring_nor_alerts()
    {
        using var folder = new StreamFolder(Rows);
        using var disk = new SmallDisk(folder.Path, megabytes: 8);
        File.CreateSymbolicLink(folder.StoreFile, Path.Combine(disk.Path, "store.db"));
        var filler = Path.Combine(disk.Path, "filler");
        await File.WriteAllBytesAsync(filler, new byte[7_800_000]);

        await using var run = folder.Start("run", "--input", folder.Input, "--until-drained", "--set", QuickRestarts);
        await Eventually.TrueAsync(() => folder.Status() is { Predictions: Rows } status && status.Lag["alert"] == 0, limitSeconds: 60);
        await run.LineAsync("full");

        run.HasExited.ShouldBeFalse();
        folder.Status()!.Lag["store"].ShouldBeGreaterThan(0);
        File.Delete(filler);
        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        run.Output.ShouldContain("fraudstreams.db");
        folder.ShouldHoldAll(Rows);
        folder.ShouldHoldOneMailForEachAlert();
    }

    [FullDiskFact]
    public async Task A_full_disk_under_the_topics_is_logged_and_loses_nothing()
    {
        using var folder = new StreamFolder(Rows, diskMegabytes: 40);
        var filler = Path.Combine(folder.Data, "filler");
        folder.SetSpeeds("speed_1 = 200/s");
        await using var run = folder.Start(
            "run", "--data", folder.Data, "--input", folder.Input, "--until-drained", "--config", folder.SpeedsFile, "--set", QuickRestarts);
        await Eventually.TrueAsync(() => folder.Status() is { Stored: > 0 }, limitSeconds: 60);

        Fill(filler);
        await run.LineAsync("topics.db");
        await run.LineAsync("full");
        run.HasExited.ShouldBeFalse();
        folder.Status()!.Stored.ShouldBeLessThan(Rows);
        File.Delete(filler);
        folder.SetSpeeds("speed_1 = unlimited");

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        folder.ShouldHoldAll(Rows);
        folder.ShouldHoldOneMailForEachAlert();
    }

    [SmtpFact]
    public async Task A_mail_server_that_was_down_slows_nothing_and_gets_each_alert_once()
    {
        using var folder = new StreamFolder(Rows);
        var port = SmtpServer.FreePort();
        await using var run = folder.Start(
            "run", "--input", folder.Input, "--until-drained", "--set", QuickRestarts, "--set", "alerts.mail.host=127.0.0.1",
            "--set", $"alerts.mail.port={port.ToString(CultureInfo.InvariantCulture)}", "--set", "alerts.retry.min-backoff=50ms", "--set", "alerts.retry.max-backoff=200ms",
            "--set", "alerts.mail.per-minute=unlimited", "--set", "alerts.mail.card-window=0s");
        await Eventually.TrueAsync(() => folder.Status() is { Stored: Rows }, limitSeconds: 60);
        await run.LineAsync("Connection refused");
        folder.Status()!.Alerts.ShouldBe(0);
        run.HasExited.ShouldBeFalse();

        await using var server = await SmtpServer.StartAsync(port);

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        var status = folder.ShouldHoldAll(Rows);
        await Eventually.TrueAsync(() => server.Messages.Count >= status.Alerts);
        var delivered = server.Messages.Select(mail => MessageId().Match(mail).Groups["name"].Value).ToList();
        delivered.Order(StringComparer.Ordinal).ShouldBe(folder.IdsOf(TopicNames.Alerts, "transaction").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_stop_with_unsent_mails_ends_in_time_and_keeps_the_alerts()
    {
        const string password = "correct-horse-battery-staple";
        using var folder = new StreamFolder(Rows);
        string[] arguments =
        [
            "run", "--input", folder.Input, "--set", "speeds.speed_1=unlimited", "--set", "alerts.mail.host=127.0.0.1", "--set",
            $"alerts.mail.port={SmtpServer.FreePort().ToString(CultureInfo.InvariantCulture)}", "--set", "alerts.mail.user=robot", "--set", "alerts.mail.tls=starttls",
            "--set", QuickRestarts,
        ];
        await using var run = FraudStreamsProcess.Start(folder.Path, arguments, ("FRAUDSTREAMS_MAIL_PASSWORD", password));
        await run.LineAsync("Connection refused");

        await run.TerminateAsync();

        (await run.ExitAsync()).ShouldBe(0, run.Errors);
        (run.Output + run.Errors).ShouldNotContain(password);
        folder.Status()!.Alerts.ShouldBe(0);
        await using var next = await folder.RunAsync("run", "--input", folder.Input, "--until-drained");
        (await next.ExitAsync()).ShouldBe(0, next.Errors);
        folder.ShouldHoldAll(Rows);
        folder.ShouldHoldOneMailForEachAlert();
    }

    /// <summary>Writes a file until its disk is full.</summary>
    internal static void Fill(string file)
    {
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[64 * 1024];
        try
        {
            while (true)
                stream.Write(block);
        }
        catch (IOException)
        {
            // The disk is full, as intended.
        }
    }

    [GeneratedRegex("^Message-ID: <(?<name>.+)@", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex MessageId();
}
