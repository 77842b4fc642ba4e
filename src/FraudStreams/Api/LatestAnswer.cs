namespace FraudStreams.Api;

/// <summary>What is asked of the stream at most once a second, however many ask over HTTP: those who come meanwhile get the same answer.</summary>
sealed class LatestAnswer<T>(Func<Task<T>> ask, TimeProvider time)
{
    static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);

    readonly Lock _gate = new();
    Task<T>? _latest;
    long _began;

    public Task<T> GetAsync()
    {
        lock (_gate)
        {
            if (_latest is not null && (!_latest.IsCompleted || (_latest.IsCompletedSuccessfully && time.GetElapsedTime(_began) < s_fresh)))
                return _latest;
            _began = time.GetTimestamp();
            return _latest = ask();
        }
    }
}
