using System;
using System.Threading;

namespace Unkey.Engine.Registries;

/// <summary>All APIs by index, deleted ones included. Thread-safety as in <see cref="Registry{T}"/>.</summary>
public sealed class ApiRegistry : Registry<Api>
{
    internal ApiRegistry(Lock writerLock)
        : base(writerLock)
    {
    }

    /// <summary>Publishes an API, or replaces it under the index it has. Under the writer lock.</summary>
    /// <param name="spec">What the API is now.</param>
    /// <returns>The published API.</returns>
    public Api Upsert(ApiSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentException.ThrowIfNullOrEmpty(spec.Id);
        int index = IndexOf(spec.Id);
        return Put(spec.Id, index, new Api(index, spec));
    }
}
