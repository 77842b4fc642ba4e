using System.Linq.Expressions;
using System.Reflection;

namespace Akka.Actor;

/// <summary>How to make an actor, again at each restart: its type and its constructor's arguments, read once.</summary>
public class Props
{
    readonly object[] _arguments;

    public Props(Type type, object[] args) : this(type, null, args) { }

    public Props(Type type, SupervisorStrategy? supervisorStrategy, params object[] args)
    {
        ArgumentNullException.ThrowIfNull(type);
        Type = type;
        SupervisorStrategy = supervisorStrategy!;
        _arguments = args ?? [];
    }

    public Type Type { get; }

    /// <summary>Takes the place of the actor's own strategy for its children; null where that one holds.</summary>
    public SupervisorStrategy SupervisorStrategy { get; protected set; }
    public static Props Create<TActor>(params object[] args) where TActor : ActorBase => new(typeof(TActor), args);
    public static Props Create(Type type, params object[] args) => new(type, args);

    public static Props Create<TActor>(
        Expression<Func<TActor>> factory, SupervisorStrategy? supervisorStrategy = null) where TActor : ActorBase
    {
        if (factory.Body is not NewExpression creation)
        {
            throw new ArgumentException("The create function must be a 'new T (args)' expression");
        }
        var args = creation.Arguments
            .Select(a => Expression.Lambda<Func<object>>(Expression.Convert(a, typeof(object))).Compile()())
            .ToArray();
        return new Props(creation.Type, supervisorStrategy, args);
    }

    public virtual ActorBase NewActor()
    {
        const BindingFlags anyConstructor =
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DoNotWrapExceptions;
        return (ActorBase)Activator.CreateInstance(Type, anyConstructor, null, _arguments, null)!;
    }
}
