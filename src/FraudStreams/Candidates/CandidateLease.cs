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

    /// <summary>In which work that is cancelled ends, before another host may begin.</summary>
    static readonly TimeSpan Ending = TimeSpan.FromSeconds(7.5);

    /// <summary>How this process signs.</summary>
    public static string ThisProcess => $"{Environment.MachineName}, process {Environment.ProcessId}";

    /// <summary>Does the work where no other host does it now.</summary>
    /// <param name="work">Is cancelled where the lease is lost: another host has it, or it could not be renewed before it ran out.</param>
    /// <returns>Whether it was this host's turn, and stayed so until the work was done.</returns>
    public async Task<bool> DoAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        var (renewedAt, isLost) = (time.GetUtcNow(), false);
        if (!await store.TryLeaseAsync(Name, holder, renewedAt, Lasts, cancellationToken))
            return false;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // Even while a try to renew it hangs: another host may have it then.
        await using var runningOut = time.CreateTimer(_ => Lose(), null, Left(), Timeout.InfiniteTimeSpan);
        var working = WorkAsync();
        try
        {
            await RenewAsync();
        }
        catch (OperationCanceledException) when (isLost)
        {
            // The work is cancelled, too.
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

        TimeSpan Left() => renewedAt + Lasts - Ending - time.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.Zero;

        void Lose()
        {
            isLost = true;
            ended.Cancel();
        }

        // Until the work ends, or is to end. A try that fails is made again.
        async Task RenewAsync()
        {
            while (!isLost && await Task.WhenAny(working, Task.Delay(Renewed, time, ended.Token)) != working && !ended.IsCancellationRequested)
            {
                var now = time.GetUtcNow();
                try
                {
                    if (!await store.TryLeaseAsync(Name, holder, now, Lasts, ended.Token))
                        Lose();
                    renewedAt = now;
                    runningOut.Change(Left(), Timeout.InfiniteTimeSpan);
                }
                catch (StoreException)
                {
                    // The next try, or nobody's any more when it runs out.
                }
            }
        }
    }
}
