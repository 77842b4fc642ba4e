namespace FraudStreams.Simulation.Generation;

/// <summary>The settings of the generated payments. The same settings give the same payments, byte for byte.</summary>
public sealed record GeneratorSettings
{
    public int Seed { get; init; } = 1;

    /// <summary>Share of the payments that are frauds, above 0 and below 0.5.</summary>
    public double FraudShare { get; init; } = 0.01;

    /// <summary>Payments in a simulated day, on average over a week: how fast event time runs.</summary>
    public int PaymentsPerDay { get; init; } = 5_000;

    /// <summary>Cards in use. The default keeps the habits of a card, some two or three payments a day, at every pace.</summary>
    public int Cards => Math.Max(50, PaymentsPerDay * 2 / 5);

    /// <summary>The day on which event time starts, at midnight UTC.</summary>
    public DateOnly Start { get; init; } = new(2025, 1, 1);

    internal void Check()
    {
        if (FraudShare is not (> 0 and < 0.5))
            throw new ArgumentOutOfRangeException(nameof(FraudShare), FraudShare, "the share of frauds lies in the range from just above 0 to just below 0.5");
        if (PaymentsPerDay is < 100 or > 500_000)
            throw new ArgumentOutOfRangeException(nameof(PaymentsPerDay), PaymentsPerDay, "a simulated day has from 100 to 500000 payments");
        if (Start.Year is < 2000 or > 2100)
            throw new ArgumentOutOfRangeException(nameof(Start), Start, "event time starts in a year from 2000 to 2100");
    }
}
