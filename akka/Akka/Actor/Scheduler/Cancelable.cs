namespace Akka.Actor;

public interface ICancelable
{
    bool IsCancellationRequested { get; }
    CancellationToken Token { get; }
    void Cancel();
}

public class Cancelable : ICancelable, IDisposable
{
    readonly CancellationTokenSource _source = new();

    public Cancelable(IScheduler scheduler) : this(scheduler.Advanced) { }

    public Cancelable(IActionScheduler scheduler) => ArgumentNullException.ThrowIfNull(scheduler);

    public bool IsCancellationRequested => _source.IsCancellationRequested;
    public CancellationToken Token => _source.Token;
    public void Cancel() => _source.Cancel(false);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => _source.Dispose();
}
