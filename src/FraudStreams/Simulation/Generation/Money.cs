namespace FraudStreams.Simulation.Generation;

static class Money
{
    /// <summary>An amount as whole cents, at least one unit.</summary>
    public static long Cents(double amount) => Math.Clamp((long)Math.Round(amount * 100), 100, 3_000_000);
}
