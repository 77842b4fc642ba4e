namespace FraudStreams.Model.Profiling;

/// <summary>Counts payments that have something in common.</summary>
struct GroupTally
{
    public long Payments;
    public long Labelled;
    public long Frauds;

    public void Add(bool? label)
    {
        Payments++;
        if (label is not { } isFraud)
            return;
        Labelled++;
        if (isFraud)
            Frauds++;
    }

    public readonly GroupTally With(GroupTally other) => new() { Payments = Payments + other.Payments, Labelled = Labelled + other.Labelled, Frauds = Frauds + other.Frauds };

    public readonly GroupCount As(string name) => new(name, Payments, Labelled, Frauds);
}
