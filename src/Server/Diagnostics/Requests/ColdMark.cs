namespace Unkey.Server.Diagnostics.Requests;

/// <summary>The mark of a request that is answered by the thread pool; goes with its call. On the reactor when it leaves and when it comes back.</summary>
/// <param name="watch">Takes it.</param>
/// <param name="mark">What is known so far.</param>
internal sealed class ColdMark(RequestWatch watch, RequestMark mark)
{
    private RequestMark _mark = mark;

    /// <summary>The answer is there, although the client may have left.</summary>
    /// <param name="status">Its status.</param>
    internal void Complete(int status) => watch.Complete(ref _mark, status);
}
