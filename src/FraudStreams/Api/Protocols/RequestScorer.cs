using System.Globalization;
using Akka.Actor;
using FraudStreams.Configuration;
using FraudStreams.Hosting;
using FraudStreams.Messaging;
using FraudStreams.Pipelines;
using FraudStreams.Scoring;
using FraudStreams.WindowStates;
using Microsoft.AspNetCore.Http;

namespace FraudStreams.Api.Protocols;

/// <summary>What all protocols share: the stream's scorer, and its failures as answers.</summary>
sealed class RequestScorer(StreamService stream, ApiSettings settings, PeerScorer peers)
{
    /// <summary>The version in service; null where this process does not score.</summary>
    public string? ModelVersion => stream.Scorer?.ModelVersion;

    public bool IsReady => stream is { Scorer: not null, IsStarted: true, IsStopping: false };

    /// <exception cref="RequestException">This process does not score, or not now.</exception>
    public LiveScorer Scorer
    {
        get
        {
            if (stream.IsStopping)
                throw Unavailable("the process was told to stop");
            if (stream.Scorer is { } scorer)
                return scorer;
            throw Unavailable(stream.IsStarted ? "this process runs without the role score: ask one that has it" : "the stream starts");
        }
    }

    /// <summary>Scores payments as the stream would now, here or on the hosts that have their cards, and records nothing.</summary>
    public Task<ScoredPayment[]> WhatIfAsync(RequestedPayments payments, HttpContext context)
    {
        var cancellationToken = context.RequestAborted;
        return AnsweredAsync(Scorer.WhatIfAsync(
            payments.Rows, PeerScorer.IsForwarded(context.Request) ? null : (partition, rows) => peers.WhatIfAsync(context.Request, partition, rows, cancellationToken), cancellationToken));
    }

    /// <summary>Publishes payments to the stream, and gives their predictions.</summary>
    public Task<ScoredPayment[]> RecordAsync(RequestedPayments payments, HttpContext context) =>
        AnsweredAsync(Scorer.RecordAsync(payments.Rows, settings.RecordTimeout, context.Request.Headers.TraceParent, context.RequestAborted));

    /// <param name="isRecord">Whether the payments will be recorded: then each needs an id of its own.</param>
    public RequestedPayments NewRequest(bool isRecord = false) => new(Scorer.Reader, givesIds: !isRecord, Scorer.Tokens);

    static RequestException Unavailable(string why) => new(StatusCodes.Status503ServiceUnavailable, "unavailable", "Nothing can be scored here now", $"Nothing can be scored here now: {why}.");

    async Task<ScoredPayment[]> AnsweredAsync(Task<ScoredPayment[]> scoring)
    {
        try
        {
            return await scoring;
        }
        catch (PartitionElsewhereException e)
        {
            throw new RequestException(
                StatusCodes.Status503ServiceUnavailable, "elsewhere", "Another process has this card",
                $"A payment's card is scored by the process that {e.Partition} is assigned to, and that is not this one now: ask the others that score, or again in a moment.");
        }
        catch (ModelUnavailableException)
        {
            throw Unavailable("the model restarts after a failure");
        }
        catch (AskTimeoutException)
        {
            throw Unavailable("the model has not answered in time");
        }
        catch (MessageLogException e)
        {
            throw Unavailable(e.Message.TrimEnd('.'));
        }
        catch (TimeoutException)
        {
            throw new RequestException(
                StatusCodes.Status504GatewayTimeout, "not-scored-yet", "Recorded, and not scored yet",
                string.Create(CultureInfo.InvariantCulture, $"The payments are recorded and will be scored. Not all were within {settings.RecordTimeout.TotalSeconds:0.#} s (api.record-timeout)."));
        }
    }
}
