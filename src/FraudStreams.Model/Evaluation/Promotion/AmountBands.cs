using System.Collections.Immutable;
using System.Globalization;

namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>Four segments of payments by amount, with about as many frauds in each; one segment of all where amounts are not known or the same.</summary>
sealed class AmountBands
{
    const int Most = 4;

    readonly ImmutableArray<double> _from;

    AmountBands(ImmutableArray<double> from) => _from = from;

    public int Count => _from.Length + 1;

    public static AmountBands Of(ReadOnlySpan<GatePayment> payments)
    {
        var amounts = new List<double>();
        foreach (var payment in payments)
        {
            if (payment.IsFraud && !double.IsNaN(payment.Amount))
                amounts.Add(payment.Amount);
        }

        amounts.Sort();
        return new AmountBands(amounts.Count == 0
            ? []
            : [.. Enumerable.Range(1, Most - 1).Select(band => amounts[band * amounts.Count / Most]).Where(from => from > amounts[0]).Distinct()]);
    }

    /// <summary>The segment of an amount; the first of one that is not known.</summary>
    public int Of(double amount)
    {
        var band = 0;
        while (band < _from.Length && amount >= _from[band])
            band++;
        return band;
    }

    public string NameOf(int band) => _from.Length == 0 ? "all amounts"
        : band == 0 ? $"below {Text(_from[0])}"
        : band == _from.Length ? $"{Text(_from[^1])} and more"
        : $"{Text(_from[band - 1])} to below {Text(_from[band])}";

    static string Text(double amount) => amount.ToString("#,0.##", CultureInfo.InvariantCulture);
}
