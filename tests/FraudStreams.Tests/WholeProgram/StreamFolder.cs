using System.Text;
using System.Text.Json;
using FraudStreams.Messaging;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Pipelines;
using FraudStreams.Simulation.Generation;
using FraudStreams.Sqlite;
using FraudStreams.Storage;
using FraudStreams.Tests.Configuration;
using FraudStreams.Tests.Simulation;
using FraudStreams.Topics;
using Shouldly;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>A current directory for the program, with the default data folder, a model in service, and a file of payments.</summary>
sealed class StreamFolder : IDisposable
{
    static readonly FraudSettings Defaults = SettingsOf.Set();

    readonly TemporaryFolder _folder = new();
    readonly SmallDisk? _disk;

    /// <param name="payments">Number of payments in the file.</param>
    /// <param name="diskMegabytes">Size of a separate disk for the data folder, which must then be given with --data.</param>
    public StreamFolder(int payments, int? diskMegabytes = null)
    {
        _disk = diskMegabytes is { } megabytes ? new SmallDisk(Path, megabytes) : null;
        Data = _disk?.Path ?? System.IO.Path.Combine(Path, "fraudstreams-data");
        TrainedModel.PutInService(Data);
        GeneratedCsv.Write(Input, new PaymentGenerator(TrainedModel.Generator(seed: 2)), payments);
    }

    public string Path => _folder.Path;

    public string Data { get; }

    public string Input => System.IO.Path.Combine(Path, "payments.csv");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string StoreFile => System.IO.Path.Combine(Data, "fraudstreams.db");

    public void Dispose()
    {
        _disk?.Dispose();
        _folder.Dispose();
    }

    public FraudStreamsProcess Start(params string[] arguments) => FraudStreamsProcess.Start(Path, arguments);

    public Task<FraudStreamsProcess> RunAsync(params string[] arguments) => FraudStreamsProcess.RunAsync(Path, arguments);

    /// <summary>A command that is to succeed.</summary>
    public async Task ShouldDoAsync(params string[] arguments)
    {
        await using var command = await RunAsync(arguments);
        (await command.ExitAsync()).ShouldBe(0, command.Errors);
    }

    /// <summary>By id: the version and the score of the prediction.</summary>
    public Dictionary<string, (string Version, double Score)> ScoresOf(string data) => EmbeddedLog.ReadRecords(data, TopicNames.Predictions)
        .Select(record => JsonDocument.Parse(record.Value).RootElement)
        .ToDictionary(json => json.GetProperty("trans_num").GetString()!, json => (json.GetProperty("model_version").GetString()!, json.GetProperty("score").GetDouble()));

    public FolderStatus? Status() => StatusOf(Data);

    /// <summary>Status of the data folder; null before the program created anything there, and while a full disk prevents reading.</summary>
    public static FolderStatus? StatusOf(string data)
    {
        try
        {
            return FolderStatus.Read(Defaults with { DataDirectory = data });
        }
        catch (Exception e) when (e is StoreException or MessageLogException && e.Message.Contains(" full", StringComparison.Ordinal))
        {
            return null;
        }
    }

    public IEnumerable<string> IdsOf(string topic, string field) =>
        EmbeddedLog.ReadRecords(Data, topic).Select(record => JsonDocument.Parse(record.Value).RootElement.GetProperty(field).GetString()!);

    /// <summary>A file for --config, once <see cref="SetSpeeds"/> has written it.</summary>
    public string SpeedsFile => File("speeds.conf");

    /// <summary>
    /// Sets rates before the program starts, and at any time while it runs, since it watches its file: what a test does under a running stream has all the time that
    /// it takes, on any machine, and the rest of the payments then goes at once.
    /// </summary>
    /// <param name="speeds">Such as "speed_1 = 100/s".</param>
    /// <param name="below">Other settings.</param>
    public void SetSpeeds(string speeds, string below = "")
    {
        var written = $"{SpeedsFile}.new";
        System.IO.File.WriteAllText(written, $"{below}\nfraudstreams.speeds {{ {speeds} }}\n");
        System.IO.File.Move(written, SpeedsFile, overwrite: true);
    }

    public string[] Mails() => Directory.GetFiles(System.IO.Path.Combine(Data, "alerts"), "*.eml");

    /// <summary>
    /// The invariants once a stream is drained, whatever faults occurred: each row is one prediction or one rejection, each prediction
    /// one row of the store, each predicted fraud one alert.
    /// </summary>
    public FolderStatus ShouldHoldAll(int rows, int rejected = 0)
    {
        var status = Status().ShouldNotBeNull();
        status.Transactions.ShouldBe(rows);
        status.Rejected.ShouldBe(rejected);
        status.Predictions.ShouldBe(rows - rejected);
        status.Stored.ShouldBe(status.Predictions);
        status.PredictedFrauds.ShouldBeGreaterThan(0);
        status.Alerts.ShouldBe(status.PredictedFrauds);
        status.Lag.Values.ShouldAllBe(lag => lag == 0);

        var frauds = new List<string>();
        var ids = new List<string>();
        foreach (var prediction in EmbeddedLog.ReadRecords(Data, TopicNames.Predictions))
        {
            using var json = JsonDocument.Parse(prediction.Value);
            ids.Add(json.RootElement.GetProperty("trans_num").GetString()!);
            if (json.RootElement.GetProperty("prediction").GetInt32() == 1)
                frauds.Add(ids[^1]);
        }

        ids.ShouldBeUnique();
        StoredIds().ShouldBe(ids.Order(StringComparer.Ordinal));
        IdsOf(TopicNames.Alerts, "transaction").Order(StringComparer.Ordinal).ShouldBe(frauds.Order(StringComparer.Ordinal));
        return status;
    }

    /// <summary>Each predicted fraud has one mail file, and there are no others.</summary>
    public void ShouldHoldOneMailForEachAlert()
    {
        var named = Mails().Select(file => System.IO.Path.GetFileNameWithoutExtension(file)["alert-".Length..]);
        named.Order(StringComparer.Ordinal).ShouldBe(IdsOf(TopicNames.Alerts, "transaction").Order(StringComparer.Ordinal));
    }

    List<string> StoredIds()
    {
        using var file = SqliteFile.Open(StoreFile, SqliteAccess.ReadWrite, TimeSpan.FromSeconds(5));
        using var rows = file.Query("SELECT trans_num FROM transactions ORDER BY trans_num");
        var ids = new List<string>();
        while (rows.Step())
            ids.Add(Encoding.UTF8.GetString(rows.Bytes(0)));
        return ids;
    }
}
