using FraudStreams.Model.Schemas;
using FraudStreams.Simulation.Generation;

namespace FraudStreams.Simulation;

/// <summary>Opens what the settings say payments come from.</summary>
static class Feed
{
    /// <summary>The input file, or the generator from the payment on that comes after the history which the first model learnt from.</summary>
    public static IPaymentFeed Open(SimulateSettings settings, int historyPayments, TransactionSchema schema) => settings.Input is { } input
        ? new CsvFeed(input, schema)
        : new GeneratorFeed(new PaymentGenerator(settings.Generator), historyPayments);
}
