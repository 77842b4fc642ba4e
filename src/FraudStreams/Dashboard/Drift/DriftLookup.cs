using FraudStreams.Api;
using FraudStreams.Candidates;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Model.Drift;
using FraudStreams.Topics;

namespace FraudStreams.Dashboard.Drift;

/// <summary>
/// The champion's drift as the page shows it, one for all who look: a record of topic `drift` is read once, and windows are judged anew only where there is another
/// record, version, cut-off or rule. Callers take turns.
/// </summary>
sealed class DriftLookup : IDisposable
{
    /// <summary>So many of the latest are read: two months of two hosts. `fraudstreams drift` goes back to the first.</summary>
    const int MostRecords = 3_000;

    const int MostHours = 60 * 24;

    static readonly TopicPartition s_partition = new(TopicNames.Drift, 0);

    readonly RegistryAccess _registry;
    readonly Func<IMessageLog?> _topics;
    readonly LiveCandidateSettings _settings;
    readonly SemaphoreSlim _turn = new(1);
    (string Version, DriftReference Reference, DriftHistory History)? _of;
    long _next;
    (long Next, double Threshold, ShownDrift Drift)? _judged;

    public DriftLookup(RegistryAccess registry, StreamService stream, LiveCandidateSettings settings)
        : this(registry, () => stream.Topics, settings)
    {
    }

    /// <param name="topics">The stream's; null while it starts.</param>
    internal DriftLookup(RegistryAccess registry, Func<IMessageLog?> topics, LiveCandidateSettings settings) => (_registry, _topics, _settings) = (registry, topics, settings);

    /// <exception cref="MessageLogException">The topics cannot be read now; so do the registry's exceptions say.</exception>
    public async Task<ShownDrift> ReadAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var rules = _settings.Current.Drift.Rules;
            if (_topics() is not { } topics)
                return new ShownDrift(rules, "The stream starts.");
            var (version, threshold, reference) = await _registry.AskAsync(
                async models => models.State.Champion is { } champion
                    ? (champion, models.State.Versions[champion].Threshold, _of?.Version == champion ? _of.Value.Reference : await models.DriftReferenceAsync(champion, cancellationToken))
                    : ((string?)null, 0, null),
                cancellationToken);
            if (version is null)
                return new ShownDrift(rules, "No version is in service yet.");
            if (reference is null)
                return new ShownDrift(rules, $"{version} has no drift reference: it is a version of an earlier release or from elsewhere. A version that this program trains has one.");
            await ReadAsync(topics, version, reference, cancellationToken);
            if (_judged is not { } judged || (judged.Next, judged.Threshold, judged.Drift.Rules) != (_next, threshold, rules))
                _judged = judged = (_next, threshold, ShownDrift.Of(reference, _of!.Value.History, threshold, rules));
            return judged.Drift;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    async Task ReadAsync(IMessageLog topics, string version, DriftReference reference, CancellationToken cancellationToken)
    {
        var end = (await topics.StatusAsync(cancellationToken)).Topics.FirstOrDefault(topic => topic.Topic == TopicNames.Drift)?.Appended ?? 0;
        if (_of?.Version != version)
        {
            (_next, _judged) = (Math.Max(0, end - MostRecords), null);

            // Windows held what earlier records counted: without it the page would leave out features that the watch judges.
            _of = (version, reference, new DriftHistory(version, reference.Counters, MostHours) { IsWarm = _next > 0 });
        }

        await foreach (var records in topics.ReadAsync(s_partition, _next, end, cancellationToken))
        {
            foreach (var record in records)
            {
                _of!.Value.History.Add(record.Value);
                _next = record.Offset + 1;
            }
        }
    }
}
