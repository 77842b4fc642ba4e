using System.Collections.Immutable;
using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using FraudStreams.Messaging;

namespace FraudStreams.Diagnostics;

/// <summary>
/// Writes the process's <see cref="Heartbeat"/>, and takes it away at an orderly end. It does not wait for the topics' answer: a question that
/// is still open after some looks is itself the fault that the pulse tells.
/// </summary>
sealed class HeartbeatActor : ReceiveActor, IWithTimers
{
    const int LooksUntilSlow = 3;

    readonly ILoggingAdapter _log = Context.GetLogger();
    readonly string _dataDirectory;
    readonly ImmutableArray<string> _roles;
    readonly IMessageLog _topics;
    readonly PipelineHealth _branches;
    readonly TimeProvider _time;
    int _openFor;
    string? _topicsFault;
    string? _writeFault;

    public HeartbeatActor(string dataDirectory, ImmutableArray<string> roles, IMessageLog topics, PipelineHealth branches, TimeProvider time)
    {
        _dataDirectory = dataDirectory;
        _roles = roles;
        _topics = topics;
        _branches = branches;
        _time = time;
        Receive<Beat>(_ => OnBeat());
        Receive<MessageLogStatus>(status => Answered(status.Faults.IsEmpty ? null : string.Join("; ", status.Faults)));
        Receive<Status.Failure>(failure => Answered(failure.Cause.GetBaseException().Message));
    }

    sealed record Beat
    {
        public static readonly Beat Now = new();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(string dataDirectory, ImmutableArray<string> roles, IMessageLog topics, PipelineHealth branches, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new HeartbeatActor(dataDirectory, roles, topics, branches, time));

    protected override void PreStart()
    {
        try
        {
            Heartbeat.RemoveGone(_dataDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            _log.Debug("What another process left stays: {0}", e.Message);
        }

        OnBeat();
        Timers.StartPeriodicTimer("beat", Beat.Now, Heartbeat.Every);
    }

    protected override void PostStop()
    {
        try
        {
            Pulse().Remove(_dataDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.Debug("The pulse stays behind: {0}", e.Message);
        }
    }

    void OnBeat()
    {
        if (_openFor++ == 0)
            _ = _topics.StatusAsync(CancellationToken.None).PipeTo(Self);
        try
        {
            Pulse().Write(_dataDirectory);
            _writeFault = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_writeFault != e.Message)
                _log.Warning("The pulse of this process cannot be written, so `fraudstreams health` will miss it: {0}", e.Message);
            _writeFault = e.Message;
        }
    }

    void Answered(string? fault)
    {
        _topicsFault = fault;
        _openFor = 0;
    }

    Heartbeat Pulse() => new(
        Environment.MachineName, Environment.ProcessId, _roles, _time.GetUtcNow(),
        _topicsFault ?? (_openFor > LooksUntilSlow ? $"the topics have not answered for {(_openFor - 1) * Heartbeat.Every.TotalSeconds:0} s" : null), _branches.Failing());
}
