using FraudStreams.Configuration;
using FraudStreams.Diagnostics;
using FraudStreams.Messaging;
using FraudStreams.Model.Schemas;
using FraudStreams.Simulation.Generation;
using FraudStreams.Simulation.Http;

namespace FraudStreams.Simulation;

/// <summary>Opens what the settings say payments come from.</summary>
static class Feed
{
    /// <summary>The input file, the payments API, or the generator from the payment on that comes after the history which the first model learnt from.</summary>
    public static IPaymentFeed Open(
        SimulateSettings settings, int historyPayments, TransactionSchema schema, IMessageLog topics, BackoffSettings backoff, ErrorThrottle errors, PipelineHealth health, TimeProvider time,
        CardTokens? tokens) =>
        settings switch
        {
            { Http: { } http } => new HttpFeed(http, schema, topics, backoff, errors, health, time, tokens),
            { Input: { } input } => new CsvFeed(input, schema),
            _ => new GeneratorFeed(new PaymentGenerator(settings.Generator), historyPayments),
        };
}
