using System.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Pipelines;
using FraudStreams.Tests.WholeProgram;
using Microsoft.Extensions.Logging.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>
/// Environment of one scenario: a folder with a model, a mail server, and topics and a store of its own. Any number of the program's processes run on it.
/// </summary>
abstract class Stage : IAsyncDisposable
{
    const int LookEveryMilliseconds = 20;

    /// <summary>One mail per alert, so that they can be counted; one in flight at a time, so that a kill repeats at most one.</summary>
    static readonly string[] Common =
    [
        "alerts.mail.host=127.0.0.1", "alerts.mail.per-minute=unlimited", "alerts.mail.card-window=0s", "alerts.parallel=1",
        "alerts.retry.min-backoff=50ms", "alerts.retry.max-backoff=500ms", "restart.max-backoff=500ms", "batch.size=200", "console.log-every=1s",
    ];

    protected Stage(ChaosInput input, int? diskMegabytes)
    {
        Input = input;
        Folder = new StreamFolder(payments: 1, diskMegabytes);
    }

    public ChaosInput Input { get; }

    public StreamFolder Folder { get; }

    public MailServer Mail { get; } = new();

    /// <summary>A file on the small disk of the scenario; while it fills the disk, nothing else can be written there.</summary>
    public virtual string Filler => Path.Combine(Folder.Data, "filler");

    /// <summary>Publishing and committing are atomic: nothing is published twice, whatever is killed.</summary>
    public abstract bool PublishesOnce { get; }

    /// <summary>`transactions` is filled from a topic of others, whose unreadable records do not come there.</summary>
    public bool IsRekeyed { get; set; }

    /// <summary>Where no host dies: one that a busy machine holds up for seconds is not to lose its partitions, and publish again what it had published.</summary>
    public virtual IReadOnlyList<string> PatientSession => [];

    /// <summary>What decides where the registry of models is.</summary>
    protected abstract FraudSettings Registry { get; }

    protected abstract IEnumerable<string> Settings { get; }

    /// <summary>Laid over the program's own settings.</summary>
    protected virtual IEnumerable<string> Files => [];

    protected virtual IEnumerable<(string Name, string Value)> Environment => [];

    public static async Task<Stage> OpenAsync(Parts parts, ChaosInput input, int? diskMegabytes = null)
    {
        Stage stage = parts switch
        {
            Parts.Embedded => new EmbeddedStage(input, diskMegabytes),
            Parts.Cluster => await ClusterStage.OpenAsync(input),
            _ => await ProductionStage.OpenAsync(input, diskMegabytes),
        };
        await stage.Mail.StartAsync();
        return stage;
    }

    public FraudStreamsProcess Start(params string[] arguments) => Start(arguments, []);

    /// <param name="arguments">A command and its options; the stage adds where its parts are.</param>
    /// <param name="environment">Of this process alone.</param>
    public FraudStreamsProcess Start(IReadOnlyList<string> arguments, IEnumerable<(string Name, string Value)> environment)
    {
        // The last of several values of a key wins; the scenario's own must.
        var own = Common.Concat(Settings).Append($"alerts.mail.port={Mail.Port}").Where(setting => !arguments.Any(given => KeyOf(given) == KeyOf(setting)));
        return FraudStreamsProcess.Start(
            Folder.Path,
            [.. arguments, .. Files.SelectMany(file => (string[])["--config", file]), "--data", Folder.Data, .. Set(own)],
            [.. Environment, .. environment]);
    }

    /// <summary>Runs everything to the end of the input.</summary>
    public async Task DrainAsync(params string[] settings)
    {
        await using var run = Start(["run", "--input", Input.Csv, "--until-drained", .. Set(settings)]);
        var code = await run.ExitAsync(ChaosForm.LimitSeconds);
        if (code != 0)
            throw new InvalidOperationException($"the last run ended with {code}:\n{run.Output}\n{run.Errors}");
    }

    public static IEnumerable<string> Set(IEnumerable<string> settings) => settings.SelectMany(setting => (string[])["--set", setting]);

    /// <summary>The topic of the registry, opened by this process as one more host.</summary>
    public IMessageLog OpenRegistry() => StreamTopics.OpenRegistry(Registry with { DataDirectory = Folder.Data }, NullLogger.Instance, TimeProvider.System);

    /// <summary>Progress of all pipelines; null while a server cannot be asked.</summary>
    public abstract StageProgress? Progress();

    /// <summary>Waits for a condition on the progress.</summary>
    public async Task<StageProgress> ReachAsync(Func<StageProgress, bool> reached, string what, params IEnumerable<FraudStreamsProcess> running)
    {
        StageProgress? last = null;
        var processes = running.ToList();
        var waited = Stopwatch.StartNew();
        var looked = TimeSpan.Zero;
        while (last is null || !reached(last))
        {
            if (processes.FirstOrDefault(process => process.HasExited) is { } ended)
                throw new InvalidOperationException($"a process ended while {what} was waited for:\n{ended.Output}\n{ended.Errors}");
            if (waited.Elapsed.TotalSeconds > ChaosForm.LimitSeconds)
                throw new TimeoutException($"still waiting for {what}, at {last}; the last words of its processes:\n{string.Join('\n', processes.Select(LastWords))}");
            await Tests.Eventually.PauseAsync(waited.Elapsed - looked, LookEveryMilliseconds);
            looked = waited.Elapsed;
            last = Progress() ?? last;
        }

        return last;
    }

    /// <summary>Makes a topic that is not the program's, with records in their order.</summary>
    public abstract Task FillAsync(string topic, int partitions, IEnumerable<(string Key, byte[] Value)> records);

    /// <summary>Payments in the store of which an SQL condition holds.</summary>
    public abstract long StoredWhere(string condition);

    /// <summary>Waits for a time, and longer until enough alerts are delivered.</summary>
    /// <returns>The window of time that passed.</returns>
    /// <param name="time">The least time to wait.</param>
    /// <param name="alerts">The least number of alerts delivered meanwhile.</param>
    public async Task<Window> PassAsync(TimeSpan time, int alerts = 0)
    {
        var from = Window.Now;
        var waited = Stopwatch.StartNew();
        var before = Progress()?.Alerts ?? 0;
        for (var sent = 0L; sent < alerts || waited.Elapsed < time; sent = (Progress()?.Alerts ?? before) - before)
        {
            if (waited.Elapsed.TotalSeconds > ChaosForm.LimitSeconds)
                throw new TimeoutException($"{sent} alerts went out in {ChaosForm.LimitSeconds} s, of {alerts} that were waited for");
            await Task.Delay(LookEveryMilliseconds);
        }

        return new Window(from, Window.Now);
    }

    /// <summary>The current contents. The topics, the store and the mail server have to be up.</summary>
    public abstract Ledger Read();

    static string KeyOf(string setting) => setting.Split('=')[0];

    static string LastWords(FraudStreamsProcess process) => string.Join('\n', $"{process.Output}\n{process.Errors}".Split('\n').TakeLast(20));

    public virtual async ValueTask DisposeAsync()
    {
        await Mail.DisposeAsync();
        Folder.Dispose();
    }
}
