using FraudStreams.Storage;

namespace FraudStreams.Candidates;

/// <summary>
/// The right to run the candidate loop, of one host at a time: a row of the store, renewed while the work lasts. A host that dies loses it a minute later. The
/// clocks of hosts may be apart by less than that.
/// </summary>
/// <param name="store">Opened for the lease alone, where the work reads a store in long turns: it is renewed meanwhile.</param>
sealed class CandidateLease(PredictionStore store, string holder, TimeProvider time)
{
    const string Name = "candidates";

    static readonly TimeSpan Lasts = TimeSpan.FromMinutes(1), Renewed = TimeSpan.FromSeconds(15);

    /// <summary>How this process signs.</summary>
    public static string ThisProcess => $"{Environment.MachineName}, process {Environment.ProcessId}";

    /// <summary>Does the work where no other host does it now.</summary>
    /// <param name="work">Is cancelled where the lease is lost: another host has it, or it could not be renewed before it ran out.</param>
    /// <returns>Whether it was this host's turn, and stayed so until the work was done.</returns>
    public async Task<bool> DoAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        var (since, isLost) = (time.GetUtcNow(), false);
        if (!await store.TryLeaseAsync(Name, holder, since, Lasts, cancellationToken))
            return false;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var working = WorkAsync();
        try
        {
            await RenewAsync();
        }
        finally
        {
            // Another host begins once the lease is given up: the work has to be over by then, done or not.
            await ended.CancelAsync();
            await Task.WhenAny(working);
            if (!isLost)
                await store.ReleaseLeaseAsync(Name, holder, CancellationToken.None);
        }

        if (isLost && working.IsCanceled)
            return false;
        await working;
        return true;

        async Task WorkAsync() => await work(ended.Token);

        // Until the work ends, or is to end. The last try that fails leaves the work the time to the next one to end in.
        async Task RenewAsync()
        {
            while (!isLost && await Task.WhenAny(working, Task.Delay(Renewed, time, ended.Token)) != working && !ended.IsCancellationRequested)
            {
                var now = time.GetUtcNow();
                try
                {
                    isLost = !await store.TryLeaseAsync(Name, holder, now, Lasts, ended.Token);
                    since = now;
                }
                catch (StoreException)
                {
                    isLost = time.GetUtcNow() - since >= Lasts - Renewed;
                }
            }
        }
    }
}
