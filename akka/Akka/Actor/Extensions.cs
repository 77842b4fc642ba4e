namespace Akka.Actor;

public interface IExtension;

public interface IExtensionId
{
    Type ExtensionType { get; }
    object CreateExtension(ExtendedActorSystem system);
}

/// <summary>Makes one instance of an extension for each system, when it is first asked for.</summary>
public abstract class ExtensionIdProvider<T> : IExtensionId where T : class, IExtension
{
    public Type ExtensionType => typeof(T);
    object IExtensionId.CreateExtension(ExtendedActorSystem system) => CreateExtension(system);
    public T Apply(ActorSystem system) => (T)system.RegisterExtension(this);
    public abstract T CreateExtension(ExtendedActorSystem system);
}

public static class ActorSystemWithExtensions
{
    public static T WithExtension<T, TI>(this ActorSystem system) where T : class, IExtension where TI : IExtensionId, new() =>
        (T)system.RegisterExtension(new TI());
}
