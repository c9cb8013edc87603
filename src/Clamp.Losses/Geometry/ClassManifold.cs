namespace Clamp.Losses;

/// <summary>The features of the images of one class, as a cloud of points.</summary>
/// <param name="Label">The class.</param>
/// <param name="Images">How many images it has, n.</param>
/// <param name="Radius">
/// sqrt(tr S) over the distance of the class's centroid from the mean of all classes' centroids, S being the class's covariance (with n in
/// the denominator): the size of the cloud beside what separates it from the others. NaN where the centroid lies at that mean, as that of
/// an only class does.
/// </param>
/// <param name="Dimension">(tr S)^2 / tr S^2, the participation ratio, 1 to min(n - 1, F); 0 when all images of the class have the same features.</param>
public sealed record ClassManifold(long Label, long Images, double Radius, double Dimension);
