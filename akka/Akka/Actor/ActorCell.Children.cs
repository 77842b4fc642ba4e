#nullable disable
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

internal sealed partial class ActorCell
{
    /// <summary>Why this actor waits for children to stop, and so what it does when the last of them has.</summary>
    enum WaitingFor
    {
        Nothing,
        Creation,
        Recreation,
        Termination,
    }

    // The guardian's children are made by any thread, so the map has a lock; it is taken when children come and go, not for messages.
    readonly Lock _childrenLock = new();
    readonly Dictionary<string, ChildRestartStats> _children = [];
    readonly Dictionary<IActorRef, object> _watching = [];
    readonly Dictionary<IActorRef, object> _terminatedQueued = [];
    readonly HashSet<IInternalActorRef> _watchedBy = [];
    WaitingFor _waitingFor;
    Exception _recreationCause;
    long _nextName;

    internal IReadOnlyList<ChildRestartStats> ChildStats
    {
        get
        {
            lock (_childrenLock) return [.. _children.Values];
        }
    }

    bool IsTerminating => _waitingFor == WaitingFor.Termination;

    public IActorRef ActorOf(Props props, string name = null)
    {
        if (name is not null && !ActorPath.IsValidPathElement(name))
        {
            throw new InvalidActorNameException(
                $"Illegal actor name [{name}]. A name is of ASCII letters, digits and -_.*$+:@&=,!~';()% and does not start with $.");
        }
        ActorCell child;
        lock (_childrenLock)
        {
            if (_closed || IsTerminating) throw new InvalidOperationException("Cannot create child while terminating or terminated");
            name ??= "$" + Letters(_nextName++);
            var path = new ActorPath(SelfRef.Path, name, SystemImpl.NextUid());
            child = new ActorCell(SystemImpl, props, SelfRef, path);
            if (!_children.TryAdd(name, new ChildRestartStats(child.SelfRef)))
            {
                throw new InvalidActorNameException($"Actor name \"{name}\" is not unique!");
            }
        }
        child.SendSystemMessage(new Create());
        return child.Self;
    }

    static string Letters(long number)
    {
        var letters = "";
        do
        {
            letters += (char)('a' + (number % 26));
            number /= 26;
        }
        while (number > 0);
        return letters;
    }

    public IActorRef Child(string name)
    {
        lock (_childrenLock) return _children.TryGetValue(name, out var stats) ? stats.Child : ActorRefs.Nobody;
    }

    public IEnumerable<IActorRef> GetChildren() => ChildStats.Select(c => c.Child);

    public void Stop(IActorRef child)
    {
        lock (_childrenLock)
        {
            if (FindChild(child) is { } stats) stats.IsStopping = true;
        }
        ((IInternalActorRef)child).SendSystemMessage(new Terminate());
    }

    ChildRestartStats FindChild(IActorRef child) =>
        _children.TryGetValue(child.Path.Name, out var stats) && stats.Child.Equals(child) ? stats : null;

    void StopChildren()
    {
        foreach (var child in ChildStats) Stop(child.Child);
    }

    void SuspendChildren(IActorRef except)
    {
        foreach (var child in ChildStats)
        {
            if (!child.Child.Equals(except)) child.Child.SendSystemMessage(new Suspend());
        }
    }

    /// <summary>False where there is no child to wait for.</summary>
    bool WaitForChildren(WaitingFor what, Exception recreationCause = null)
    {
        lock (_childrenLock)
        {
            if (!_children.Values.Any(c => c.IsStopping))
            {
                // Set even so, for no child may be made any more.
                if (what == WaitingFor.Termination) _waitingFor = what;
                return false;
            }
            _waitingFor = what;
            _recreationCause = recreationCause;
            return true;
        }
    }

    void ChildTerminated(IActorRef child)
    {
        WaitingFor reached;
        lock (_childrenLock)
        {
            if (FindChild(child) is not { } stats) return;
            _children.Remove(child.Path.Name);
            if (!stats.IsStopping || _children.Values.Any(c => c.IsStopping)) return;
            reached = _waitingFor;
            if (reached != WaitingFor.Termination) _waitingFor = WaitingFor.Nothing;
        }
        switch (reached)
        {
            case WaitingFor.Creation:
                FinishCreate();
                break;
            case WaitingFor.Recreation:
                FinishRecreate(_recreationCause);
                break;
            case WaitingFor.Termination:
                FinishTerminate();
                break;
        }
    }

    public IActorRef Watch(IActorRef subject) => StartWatching(subject, null);

    public IActorRef WatchWith(IActorRef subject, object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return StartWatching(subject, message);
    }

    IActorRef StartWatching(IActorRef subject, object message)
    {
        if (subject.Equals(Self)) return subject;
        if (_watching.TryGetValue(subject, out var known))
        {
            if (!Equals(known, message))
            {
                throw new InvalidOperationException(
                    $"Watch({Self}, {subject}, {message}) was called after Watch({Self}, {subject}, {known}). Unwatch first.");
            }
            return subject;
        }
        ((IInternalActorRef)subject).SendSystemMessage(new Watch(SelfRef));
        _watching[subject] = message;
        return subject;
    }

    public IActorRef Unwatch(IActorRef subject)
    {
        if (_watching.Remove(subject)) ((IInternalActorRef)subject).SendSystemMessage(new Unwatch(SelfRef));
        _terminatedQueued.Remove(subject);
        return subject;
    }

    void UnwatchAll()
    {
        foreach (var subject in _watching.Keys) ((IInternalActorRef)subject).SendSystemMessage(new Unwatch(SelfRef));
        _watching.Clear();
        _terminatedQueued.Clear();
    }

    void Died(DeathWatchNotification death)
    {
        if (_watching.Remove(death.Actor, out var message) && !IsTerminating)
        {
            SendMessage(new Terminated(death.Actor, death.ExistenceConfirmed, false), death.Actor);
            TerminatedQueued(death.Actor, message);
        }
        ChildTerminated(death.Actor);
    }

    void TerminatedQueued(IActorRef subject, object message) => _terminatedQueued.TryAdd(subject, message);

    // One that was unwatched after it died, but before this was read, is not spoken of any more.
    void ReceiveTerminated(Terminated terminated)
    {
        if (_terminatedQueued.Remove(terminated.ActorRef, out var message)) ReceiveMessage(message ?? terminated);
    }

    void TellWatchers()
    {
        foreach (var watcher in _watchedBy)
        {
            // The parent learns of it anyway, and just before.
            if (!watcher.Equals(_parent)) watcher.SendSystemMessage(new DeathWatchNotification(Self, true));
        }
        _watchedBy.Clear();
    }
}
