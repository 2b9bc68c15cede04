using System.Threading.Tasks;
using Unkey.Server.Events;

namespace Unkey.Server.Hosting;

/// <summary>A pipeline that takes events, and its store, which may still be opening. Immutable.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Store">Ends when the store is open; fails with a <see cref="StartupException"/> when it cannot be used.</param>
internal sealed record OpenedEvents(EventPipeline Pipeline, Task Store);
