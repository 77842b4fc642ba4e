using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using FraudStreams.Candidates;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Drift;
using FraudStreams.Model.Evaluation;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Json;
using FraudStreams.Model.Models;
using FraudStreams.Model.Schemas;
using FraudStreams.ModelOps;
using FraudStreams.ModelOps.Registry;
using FraudStreams.Pipelines;
using FraudStreams.Scoring;
using FraudStreams.Storage;
using FraudStreams.Storage.Sqlite;
using FraudStreams.Tests.Diagnostics;
using FraudStreams.Topics;
using Microsoft.Extensions.Logging.Abstractions;

namespace FraudStreams.Tests.Candidates;

/// <summary>
/// Plays payments through the classes of the candidate loop, in event time: the real store, registry, gate and trainer, without topics of payments and without
/// a process. Every payment is scored by the champion, by the challenger where there is one, and by the first model, which is never trained again.
/// </summary>
sealed class SimulatedStream : IAsyncDisposable
{
    readonly TransactionSchema _schema;
    readonly ManualTime _time;
    readonly IMessageLog _topics;
    readonly LocalModels _local;
    readonly WindowState _windows;
    readonly StreamMetrics _metrics = new();
    readonly Dictionary<string, ScoringModel> _models = [];
    readonly CandidateLoop _loop;
    readonly IMessageLog _drift;
    readonly DriftRecorder _recorder;
    long _offset;

    public SimulatedStream(string folder, TransactionSchema schema, FraudSettings settings, IMessageLog topics, ManualTime time)
    {
        (_schema, _topics, _time) = (schema, topics, time);
        _local = new LocalModels(folder, time);
        _windows = new WindowState(schema);
        Registry = new ModelRegistry(topics, _local, TimeSpan.Zero, time);
        Store = PredictionStore.Open(new SqliteStoreSettings(folder), schema, time);
        Settings = new LiveCandidateSettings(settings.Candidates);
        Retrainer = new Retrainer(Store, Registry, _local, new LoggedHistory(topics, settings.Topics.Partitions, _local), settings.Model, time, line => Says(line));
        _drift = StreamTopics.Open(settings with { DataDirectory = folder }, NullLogger.Instance, time);
        _recorder = new DriftRecorder(_local, _drift, () => true, time, NullLogger.Instance);
        _loop = new CandidateLoop(
            Registry, Store, new GateWatch(Registry, Store, new GateReports(folder), _metrics, NullLogger.Instance), Watch(webhook: null), Retrainer, new CandidateLease(Store, "simulated", time), Settings, time,
            Log);
        Trainer = new Trainer(settings.Model with { Threads = 1 }, _local, WorkProgress.Logged(_ => { }), time);
    }

    public ModelRegistry Registry { get; }

    public PredictionStore Store { get; }

    public LiveCandidateSettings Settings { get; }

    public Retrainer Retrainer { get; }

    public Trainer Trainer { get; }

    public RegistryState State => Registry.State;

    /// <summary>Called with each line that a training says.</summary>
    public Action<string> Says { get; set; } = _ => { };

    /// <summary>What the loop says.</summary>
    public CollectedLog Log { get; } = new();

    /// <summary>Watches for drift as the loop does: another host, or the program after a restart.</summary>
    public DriftWatch Watch(DriftWebhook? webhook) => new(_drift, Store, Registry, _metrics, webhook, _time, Log);

    /// <summary>What the last look found of drift.</summary>
    public ImmutableArray<DriftFinding> Drift => _metrics.Drift;

    /// <summary>What was decided of each payment, in their order: its time, label, and the scores of the champion of that moment and of the first model.</summary>
    public List<(DateTimeOffset Time, bool IsFraud, double Champion, double First)> Decided { get; } = [];

    /// <summary>The first model learns from these payments, which windows remember.</summary>
    public async Task StartAsync(IReadOnlyList<SimulatedPayment> payments)
    {
        var (first, why) = Trainer.Train(new SimulatedHistory(_schema, payments), default);
        var card = (first ?? throw new InvalidOperationException(why)).Card;
        foreach (var rows in new SimulatedHistory(_schema, payments).Read(_ => { }, _ => { }, default))
            _windows.Advance(rows);
        await Registry.RegisterAsync(card, "anna", "the first", default);
        await Registry.PromoteAsync(card.Version, "anna", "the first", 0, default);
        First = first;
    }

    public ScoringModel? First { get; private set; }

    /// <summary>Scores a day's payments, stores what was decided, and lets the loop look.</summary>
    public async Task PlayAsync(IReadOnlyList<SimulatedPayment> day, CancellationToken cancellationToken = default)
    {
        await ScoreDayAsync(day);
        await _loop.StepAsync(cancellationToken);
    }

    /// <summary>Scores a day's payments and stores what was decided.</summary>
    public async Task ScoreDayAsync(IReadOnlyList<SimulatedPayment> day)
    {
        foreach (var page in day.Chunk(2_000))
            await ScoreAsync(page);
        _time.Advance(day[^1].Time - _time.GetUtcNow());
        await _recorder.PublishRestAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>The average precision of a stretch, of the loop's champions and of the first model; null without both kinds of payments.</summary>
    public (double Champions, double First, int Frauds)? Measure(DateTimeOffset from, DateTimeOffset to)
    {
        var rows = Decided.Where(payment => payment.Time >= from && payment.Time < to).ToArray();
        var labels = Array.ConvertAll(rows, row => row.IsFraud ? (byte)1 : (byte)0);
        var frauds = labels.Count(label => label == 1);
        return frauds == 0 || frauds == rows.Length
            ? null
            : (Ranking.AveragePrecision(Array.ConvertAll(rows, row => row.Champion), labels), Ranking.AveragePrecision(Array.ConvertAll(rows, row => row.First), labels), frauds);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Registry.DisposeAsync();
        await _topics.DisposeAsync();
        await _drift.DisposeAsync();
        _metrics.Dispose();
    }

    async Task ScoreAsync(SimulatedPayment[] payments)
    {
        using var rows = new TransactionRows(_schema, payments.Length);
        var reader = new TransactionReader(_schema);
        foreach (var payment in payments)
        {
            if (reader.Read(payment.Json, rows) is { } reason)
                throw new InvalidOperationException(reason.Message);
        }

        _windows.Advance(rows);
        var champion = await ModelAsync(State.Champion!);
        var (decided, features) = (new double[rows.Count], new double[rows.Count * champion.Features.Count]);
        champion.Score(rows, decided, features);
        _recorder.Count(rows, new BatchScored(decided, champion.Version, champion.Threshold) { Drift = _recorder.Sample(champion, rows.Count, features) });
        var first = Score(First!, rows);
        var records = new List<TopicRecord>(payments.Length);
        for (var row = 0; row < payments.Length; row++)
        {
            var json = new ArrayBufferWriter<byte>(512);
            PredictionWriter.Write(json, payments[row].Json, decided[row], decided[row] >= champion.Threshold, champion.Version, payments[row].Time);
            records.Add(new TopicRecord(new TopicPartition(TopicNames.Predictions, 0), _offset++, default, json.WrittenMemory, 0));
            Decided.Add((payments[row].Time, payments[row].IsFraud, decided[row], first[row]));
        }

        await Store.WriteAsync(records);
        if (State.Challenger is not { } name)
            return;
        var challenger = await ModelAsync(name);
        var shadow = Score(challenger, rows);
        await Store.WriteAsync([.. payments.Select((payment, row) => new ShadowScore(
            Encoding.UTF8.GetString(rows.Id(row)), payment.Time.ToUnixTimeMilliseconds(), name, shadow[row], shadow[row] >= challenger.Threshold, challenger.Threshold, champion.Version,
            decided[row], decided[row] >= champion.Threshold, payment.Time.ToUnixTimeMilliseconds()))]);
    }

    static double[] Score(ScoringModel model, TransactionRows rows)
    {
        var scores = new double[rows.Count];
        model.Score(rows, scores);
        return scores;
    }

    async Task<ScoringModel> ModelAsync(string version)
    {
        if (!_models.TryGetValue(version, out var model))
            _models[version] = model = await Registry.LoadAsync(version, default);
        return model;
    }
}

/// <summary>A payment as it comes, with what is known of it later.</summary>
sealed record SimulatedPayment(DateTimeOffset Time, bool IsFraud, byte[] Json);

/// <summary>Payments as a history: their records hold the label.</summary>
sealed class SimulatedHistory(TransactionSchema schema, IReadOnlyList<SimulatedPayment> payments) : IHistory
{
    public TransactionSchema Schema => schema;

    public string Name => $"{payments.Count:N0} payments";

    public IEnumerable<TransactionRows> Read(Action<double> progress, Action<RejectReason> rejected, CancellationToken cancellationToken)
    {
        using var rows = new TransactionRows(schema, 2_048);
        var reader = new TransactionReader(schema);
        foreach (var page in payments.Chunk(2_048))
        {
            foreach (var payment in page)
            {
                if (reader.Read(payment.Json, rows) is { } reason)
                    rejected(reason);
            }

            yield return rows;
            rows.Clear();
        }
    }
}
