namespace Unkey.Server.Storage;

/// <summary>Brings memory in line with what has just been committed.</summary>
internal interface ICommitListener
{
    /// <summary>Reads the named records again and publishes them.</summary>
    /// <param name="session">A session outside any transaction.</param>
    /// <param name="changes">The records that may have changed.</param>
    /// <remarks>Called on the one thread that writes, in the order of the commits, before the callers get their answers.</remarks>
    public void Committed(StoreSession session, StoreChanges changes);
}
