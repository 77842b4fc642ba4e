#nullable disable
using System.Runtime.ExceptionServices;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

/// <summary>Birth, failure, restart and death, in Akka's order.</summary>
internal sealed partial class ActorCell
{
    // Whose failure this actor is suspended for: its own, or a child's that it could not handle.
    IActorRef _perpetrator;

    void InvokeSystem(SystemMessage message)
    {
        try
        {
            if (_closed) InvokeDead(message);
            else InvokeAlive(message);
        }
        catch (Exception fault)
        {
            HandleInvokeFailure(fault, (message as Failed)?.Child);
        }
    }

    void InvokeAlive(SystemMessage message)
    {
        switch (message)
        {
            case Continuation continuation:
                InActorContext(continuation.Run);
                break;
            case HandlerDone done:
                HandlerEnded(done.Task);
                CheckReceiveTimeout();
                break;
            case Create:
                CreateActor();
                break;
            case DeathWatchNotification death:
                Died(death);
                break;
            case Failed failed:
                HandleFailed(failed);
                break;
            case Watch watch:
                _watchedBy.Add(watch.Watcher);
                break;
            case Unwatch unwatch:
                _watchedBy.Remove(unwatch.Watcher);
                break;
            case Suspend:
                _suspended++;
                SuspendChildren(null);
                break;
            case Resume resume:
                FaultResume(resume.CausedByFailure);
                break;
            case Recreate recreate:
                FaultRecreate(recreate.Cause);
                break;
            case Terminate:
                TerminateActor();
                break;
        }
    }

    void InvokeDead(SystemMessage message)
    {
        if (message is Watch watch) watch.Watcher.SendSystemMessage(new DeathWatchNotification(Self, true));
    }

    void CreateActor()
    {
        try
        {
            NewActor();
            _actor.AroundPreStart();
            CheckReceiveTimeout();
        }
        catch (Exception fault)
        {
            ClearActor();
            throw new ActorInitializationException(Self, "Exception during creation", fault);
        }
    }

    void NewActor()
    {
        _behaviours.Clear();
        _message = null;
        var actor = Props.NewActor();
        actor.Init(this);
        _actor = actor;
    }

    /// <summary>The stash goes back to the mail, and an actor that holds resources lets them go.</summary>
    void ReleaseActor()
    {
        if (_actor is IActorStash { Stash: { } stash }) stash.UnstashAll();
        try
        {
            (_actor as IDisposable)?.Dispose();
        }
        catch (Exception fault)
        {
            System.EventStream.Publish(new Error(fault, Self.Path.ToString(), Props.Type, "An error occurred while disposing the actor"));
        }
    }

    void ClearActor()
    {
        ReleaseActor();
        _actor = null;
        _behaviours.Clear();
        _message = null;
    }

    void HandleInvokeFailure(Exception cause, IActorRef failedChild = null)
    {
        if (_perpetrator is not null) return;
        _suspended++;
        _perpetrator = failedChild ?? Self;
        SuspendChildren(failedChild);
        _parent.SendSystemMessage(new Failed(SelfRef, cause));
    }

    void HandleFailed(Failed failed)
    {
        ChildRestartStats stats;
        lock (_childrenLock) stats = FindChild(failed.Child);
        if (stats is null) return;
        var (message, sender) = (_message, _sender);
        _sender = failed.Child;
        var strategy = Props.SupervisorStrategy ?? _actor?.SupervisorStrategyInternal ?? SupervisorStrategy.DefaultStrategy;
        if (!strategy.HandleFailure(this, stats, failed.Cause)) ExceptionDispatchInfo.Throw(failed.Cause);
        (_message, _sender) = (message, sender);
    }

    void FaultResume(Exception causedByFailure)
    {
        if (_actor is null)
        {
            FaultCreate();
            return;
        }
        var perpetrator = _perpetrator;
        if (_suspended > 0) _suspended--;
        if (causedByFailure is not null) _perpetrator = null;
        foreach (var child in ChildStats)
        {
            child.Child.SendSystemMessage(new Resume(child.Child.Equals(perpetrator) ? causedByFailure : null));
        }
    }

    void FaultCreate()
    {
        SetReceiveTimeout(null);
        CancelReceiveTimer();
        StopChildren();
        if (!WaitForChildren(WaitingFor.Creation)) FinishCreate();
    }

    void FinishCreate()
    {
        _suspended = 0;
        _perpetrator = null;
        CreateActor();
    }

    void FaultRecreate(Exception cause)
    {
        if (_actor is null)
        {
            FaultCreate();
            return;
        }
        if (_waitingFor != WaitingFor.Nothing)
        {
            // Already stopping or restarting.
            FaultResume(null);
            return;
        }
        try
        {
            _actor.AroundPreRestart(cause, _message);
        }
        catch (Exception fault)
        {
            var failure = new PreRestartException(Self, fault, cause, _message);
            System.EventStream.Publish(new Error(failure, Self.Path.ToString(), Props.Type, fault.Message));
        }
        finally
        {
            ReleaseActor();
        }
        if (!WaitForChildren(WaitingFor.Recreation, cause)) FinishRecreate(cause);
    }

    void FinishRecreate(Exception cause)
    {
        // Children that PreRestart left alive live on, restarted.
        var survivors = ChildStats;
        try
        {
            if (_suspended > 0) _suspended--;
            _perpetrator = null;
            NewActor();
            _actor.AroundPostRestart(cause, null);
            CheckReceiveTimeout();
            foreach (var child in survivors) child.Child.SendSystemMessage(new Recreate(cause));
        }
        catch (Exception fault)
        {
            ClearActor();
            HandleInvokeFailure(new PostRestartException(Self, fault, cause));
        }
    }

    void TerminateActor()
    {
        SetReceiveTimeout(null);
        CancelReceiveTimer();
        UnwatchAll();
        StopChildren();
        var wasTerminating = IsTerminating;
        if (!WaitForChildren(WaitingFor.Termination))
        {
            FinishTerminate();
        }
        else if (!wasTerminating)
        {
            _suspended++;
            _perpetrator = Self;
        }
    }

    void FinishTerminate()
    {
        try
        {
            _actor?.AroundPostStop();
        }
        catch (Exception fault)
        {
            System.EventStream.Publish(new Error(fault, Self.Path.ToString(), Props.Type, fault.Message));
        }
        ClearActor();
        CancelReceiveTimer();
        _closed = true;
        _parent.SendSystemMessage(new DeathWatchNotification(Self, true));
        TellWatchers();
        UnwatchAll();
    }
}
